// Gives the token, and goes on to the page.
import { byId, setText } from "./dom.js";
import { change } from "./session.js";

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("enter").disabled = true;
  try {
    await change("/login", { token: byId("token").value });
    location.replace("/");
  } catch (error) {
    byId("login-note").hidden = false;
    setText(byId("login-note"), error.status ? error.message : "The server does not answer");
    byId("token").select();
  } finally {
    byId("enter").disabled = false;
  }
});
