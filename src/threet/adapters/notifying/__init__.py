"""How alerts reach people."""
