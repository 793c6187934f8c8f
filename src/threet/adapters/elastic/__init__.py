"""What 3T asks of Elasticsearch and Kibana: data views, and to forget old traces."""
