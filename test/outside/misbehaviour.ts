import type { ServerResponse } from 'node:http';

/** Ways in which what listens at an address is not the server one hoped for. */
export type Misbehaviour = 'well' | '500' | 'html' | 'html-404' | 'huge' | 'silence' | 'drip' | 'redirect' | 'hang-up' | 'forbidden' | 'not-a-list';

const HUGE_BYTES = 200 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'a');

/** Answers in one of these ways. */
export function misbehave(how: Exclude<Misbehaviour, 'well'>, response: ServerResponse): void {
  switch (how) {
    case '500':
      return void response.writeHead(500, { 'content-type': 'application/json' }).end('{"error_code":50001,"message":"store"}');
    case 'forbidden':
      return void response.writeHead(401).end();
    case 'html':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><html>sign in</html>');
    case 'html-404':
      return void response.writeHead(404, { 'content-type': 'text/html' }).end('<html>nothing here</html>');
    case 'not-a-list':
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"subjects":[]}');
    case 'redirect':
      return void response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
    case 'hang-up':
      return void response.destroy();
    case 'silence':
      return;
    case 'drip': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 20);
      return void response.on('close', () => clearInterval(drip));
    }
    case 'huge': {
      response.writeHead(200, { 'content-type': 'application/json' });
      let sent = 0;
      const pump = (): void => {
        while (sent < HUGE_BYTES && !response.destroyed) {
          sent += CHUNK.length;
          if (!response.write(CHUNK)) return void response.once('drain', pump);
        }
        response.end();
      };
      return pump();
    }
  }
}
