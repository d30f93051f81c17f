// A real provider of OpenID Connect (the npm package oidc-provider), for tests/browser/openid.rs.
//
// node openid_provider.mjs FOLDER BACK: takes the package from FOLDER/node_modules, listens on a free port, prints its address,
// and knows the client `kofu` that people come BACK to. Any name and password will do; whoever's name begins with "mfa-" has
// taken a second step. The two pages that a provider has to bring itself, sign-in and consent, are here.

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [folder, back] = process.argv.slice(2);
const entry = pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`);
const { Provider } = await import(entry.href);

const page = (title, fields) => `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>
<form method="post">${fields}<button type="submit">Continue</button></form></html>`;
const login = page("Sign-in", '<input name="login" aria-label="Login"><input name="password" type="password" aria-label="Password">');

async function interact(provider, request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(details.prompt.name === "login" ? login : page("Authorize", ""));
    return;
  }
  let body = "";
  for await (const part of request) body += part;
  let result;
  if (details.prompt.name === "login") {
    const accountId = new URLSearchParams(body).get("login");
    result = { login: { accountId, amr: accountId.startsWith("mfa-") ? ["pwd", "mfa"] : ["pwd"] } };
  } else {
    const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
    grant.addOIDCScope("openid");
    result = { consent: { grantId: await grant.save() } };
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "kofu", client_secret: "himitsu", redirect_uris: [back] }],
    pkce: { required: () => true },
    claims: { openid: ["sub", "amr"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    interact(provider, request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  console.log(issuer);
});
