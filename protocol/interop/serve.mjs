// A server for the counterparts that answer over HTTP.
import {createServer} from 'node:http';

/**
 * serve answers on loopback with routes, a function that gives a map from
 * "METHOD /path" to a function of {url, headers, method, body}, which gives
 * the JSON answer or throws another one: {status, json, headers}. It stops
 * with the process.
 */
export async function serve(routes) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) {
      body += part;
    }
    const url = new URL(request.url, `http://${request.headers.host}`);
    let answer;
    try {
      const route = routes()[`${request.method} ${url.pathname}`];
      answer = route
        ? {status: 200, json: await route({url: url.href, method: request.method, headers: new Headers(request.headers), body})}
        : {status: 404, json: {error: 'not_found'}};
    } catch(e) {
      answer = e.status ? e : {status: 500, json: {error: 'server_error', error_description: String(e.message)}};
    }
    response.writeHead(answer.status, {'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...answer.headers});
    response.end(JSON.stringify(answer.json));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  server.on('connection', socket => socket.unref());
  return `http://127.0.0.1:${server.address().port}`;
}
