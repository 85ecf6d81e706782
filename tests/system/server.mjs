// The authorization server of the system tests: oidc-provider, a certified OpenID provider, on loopback alone.
// usage: PORT=0 ACCESS_LOG=FILE SIGNING_KEY=JWK [FIRST_AT_TTL=S] [AT_TTL=S] [WEB_PORT=N] node server.mjs
// The first line on stdout is JSON with the issuer. It ends with SIGTERM, or when its stdin does.
import fs from 'node:fs';
import http from 'node:http';
import { Provider, errors } from 'oidc-provider';

const PORT = Number(process.env.PORT ?? 0);
const WEB_PORT = Number(process.env.WEB_PORT ?? 8765);
const AT_TTL = Number(process.env.AT_TTL ?? 3600);
const FIRST_AT_TTL = Number(process.env.FIRST_AT_TTL ?? AT_TTL); // of the token that a sign-in gives
const RT_TTL = 14 * 86400;
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

// NOTE: made elsewhere. Where Node exports a key that it has made, its collector may wait for that key's lock, and never end.
const signingKey = { ...JSON.parse(process.env.SIGNING_KEY), use: 'sig', alg: 'RS256', kid: 'k1' };

// Bound first, so that the provider knows its port.
let callback = (_, response) => response.writeHead(503).end();
const server = http.createServer((request, response) => callback(request, response));
await new Promise((resolve) => server.listen(PORT, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const signsIn = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
const alone = (grantType) => ({ grant_types: [grantType], response_types: [], redirect_uris: [] });

const provider = new Provider(issuer, {
  clients: [
    { client_id: 'web', client_secret: 'web-secret', token_endpoint_auth_method: 'client_secret_basic',
      application_type: 'web', ...signsIn, redirect_uris: [`http://127.0.0.1:${WEB_PORT}/callback`] },
    { client_id: 'native-secret', client_secret: 'native-secret-secret',
      token_endpoint_auth_method: 'client_secret_post', application_type: 'native', ...signsIn,
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'] },
    { client_id: 'native', token_endpoint_auth_method: 'none', application_type: 'native', ...signsIn,
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback', 'http://[::1]/callback'] },
    { client_id: 'cc', client_secret: 'cc-secret', token_endpoint_auth_method: 'client_secret_basic',
      ...alone('client_credentials') },
    { client_id: 'cc/odd:id', client_secret: 'p%20+w:d&=/~', token_endpoint_auth_method: 'client_secret_basic',
      ...alone('client_credentials') },
    { client_id: 'cc-post', client_secret: 'cc-post-secret', token_endpoint_auth_method: 'client_secret_post',
      ...alone('client_credentials') },
    { client_id: 'exchange', client_secret: 'exchange-secret', token_endpoint_auth_method: 'client_secret_basic',
      ...alone(TOKEN_EXCHANGE) },
    { client_id: 'impersonate', client_secret: 'impersonate-secret',
      token_endpoint_auth_method: 'client_secret_post', ...alone('password') },
  ],
  jwks: { keys: [signingKey] },
  cookies: { keys: ['worth-nothing'] },
  scopes: ['openid', 'offline_access', 'profile', 'api.read', 'api.write'],
  claims: { openid: ['sub'], profile: ['name'] },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, name: `User ${id}` }) }),
  pkce: { required: (_, client) => client.clientAuthMethod === 'none' },
  rotateRefreshToken: true, // a refresh token that is used twice revokes the whole grant
  expiresWithSession: () => false,
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'), // without offline_access too
  ttl: {
    AccessToken: (ctx) => (ctx.oidc.params?.grant_type === 'authorization_code' ? FIRST_AT_TTL : AT_TTL),
    ClientCredentials: AT_TTL, RefreshToken: RT_TTL, AuthorizationCode: 60, Grant: RT_TTL, Session: 86400,
    Interaction: 3600, IdToken: 3600,
  },
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    userinfo: { enabled: true },
  },
  renderError: async (ctx, out) => { ctx.type = 'json'; ctx.body = out; },
});

async function mintUserToken(ctx, accountId, { scope, gty }) {
  const { client } = ctx.oidc;
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(scope);
  const token = new provider.AccessToken({ accountId, client, grantId: await grant.save(), gty, scope });
  return { access_token: await token.save(), token_type: token.tokenType, expires_in: token.expiration, scope };
}

// RFC 8693, not built in.
provider.registerGrantType(TOKEN_EXCHANGE, async (ctx) => {
  const { subject_token: given, subject_token_type: type, scope = 'openid' } = ctx.oidc.params;
  if (type !== ACCESS_TOKEN) throw new errors.InvalidRequest('unsupported subject_token_type');
  const subject = await provider.AccessToken.find(given ?? '');
  if (!subject) throw new errors.InvalidGrant('subject_token invalid');
  const answer = await mintUserToken(ctx, subject.accountId, { scope, gty: 'token_exchange' });
  ctx.body = { ...answer, issued_token_type: ACCESS_TOKEN };
}, ['scope', 'subject_token', 'subject_token_type']);

// The password grant without a password: a client application on behalf of a person.
provider.registerGrantType('password', async (ctx) => {
  const { subject_username: user, scope = 'openid' } = ctx.oidc.params;
  if (!user) throw new errors.InvalidRequest("missing required parameter(s) 'subject_username'");
  ctx.body = await mintUserToken(ctx, user, { scope, gty: 'password' });
}, ['subject_username', 'scope']);

// One line a request, written before its answer leaves: how the client authenticated and the NAMES of what it sent.
// The server takes Basic and body credentials alike, so that the log alone shows which one was used.
// NOTE: no 'data' listener on the request: the body would be lost to the provider.
if (process.env.ACCESS_LOG) {
  provider.use(async (ctx, next) => {
    try {
      await next();
    } finally {
      const body = ctx.oidc?.body ?? {};
      const basic = /^basic /i.test(ctx.get('authorization'));
      fs.appendFileSync(process.env.ACCESS_LOG, `${JSON.stringify({
        method: ctx.method, path: ctx.path, status: ctx.status,
        auth: basic ? 'basic' : body.client_secret ? 'body' : body.client_id ? 'none' : null,
        grant: body.grant_type ?? null, params: Object.keys(body).sort(), query: Object.keys(ctx.query).sort(),
        user_agent: ctx.get('user-agent'),
      })}\n`);
    }
  });
}

callback = provider.callback();
provider.on('grant.error', (_, error) => console.error('grant.error', error.error, error.error_detail ?? ''));
provider.on('server_error', (_, error) => console.error('server_error', error));

function stop() {
  server.closeAllConnections();
  server.close(() => process.exit(0));
}
process.on('SIGTERM', stop);
process.stdin.on('end', stop).resume();
console.log(JSON.stringify({ ready: true, issuer }));
