// A real provider of OpenID Connect (the npm package oidc-provider), for tests/browser/openid.rs.
//
// node openid_provider.mjs FOLDER BACK: takes the package from FOLDER/node_modules, listens on a free port, prints its address,
// and knows the client `kofu` that people come BACK to. Any name and password will do; whoever's name begins with "mfa-" has
// taken a second step.

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [folder, back] = process.argv.slice(2);
const entry = pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`);
const { Provider } = await import(entry.href);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "kofu", client_secret: "himitsu", redirect_uris: [back] }],
    pkce: { required: () => true },
    claims: { openid: ["sub", "amr"] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, amr: id.startsWith("mfa-") ? ["pwd", "mfa"] : ["pwd"] }),
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
