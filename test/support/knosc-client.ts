/** A browser-like client of Knosc's interface: keeps cookies, echoes the CSRF token. */
export interface KnoscClient {
  readonly cookies: Map<string, string>;
  logIn(user: { username: string; password: string }): Promise<Response>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  exportData(body: unknown): Promise<Response>;
}

export function createKnoscClient(url: string): KnoscClient {
  const cookies = new Map<string, string>();

  async function post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    return response;
  }

  return {
    cookies,
    post,
    logIn: ({ username, password }) => post('/api/authenticate', { username, password }),
    exportData: (body) => post('/api/export-data', body, { 'x-xsrf-token': cookies.get('csrf_access_token') ?? '' }),
  };
}
