// A client in JavaScript: asks with Node's own `fetch` for one URL, again and again, and says what came.
// usage: fetch.mjs TIMES URL [BODY]; a body is sent as JSON, by POST. The requests are made as eGain's TypeScript library
// makes its own: a Request of method, headers and body, with an empty Cookie and no Authorization.
import diagnostics from 'node:diagnostics_channel';

const [times, url, body = null] = process.argv.slice(2);
let connections = 0;
diagnostics.subscribe('undici:client:connected', () => { connections += 1; });

const headers = new Headers({ Accept: 'application/json', 'Accept-Language': 'en-US' });
if (body !== null) headers.set('Content-Type', 'application/json');
headers.set('cookie', '');
headers.set('user-agent', 'a-client/1.0');
const request = new Request(url, { method: body === null ? 'GET' : 'POST', headers, body });

const answers = [];
for (let i = 0; i < Number(times); i += 1) {
  const response = await fetch(request.clone());
  answers.push({ status: response.status, location: response.headers.get('location'), text: await response.text() });
}
console.log(JSON.stringify({ connections, answers }));
