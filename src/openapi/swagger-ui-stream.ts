interface Request {
  headers: Record<string, string>;
  userFetch?: typeof fetch;
}

/**
 * Swagger UI shows an answer once it has ended, which a stream does not: it is shown what comes within some seconds.
 * The browser is sent the text of this function, so nothing outside of it may be used.
 */
export function endStreams(request: Request): Request {
  const seconds = 3;
  const largest = 100_000;
  const readSome: typeof fetch = async (url, options) => {
    const answer = await fetch(url, options);
    const reader = answer.ok && answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (!reader) return answer;
    let text = '';
    const timer = setTimeout(() => void reader.cancel(), 1000 * seconds);
    for (let end = false; !end && text.length < largest;) {
      const { done, value = '' } = await reader.read();
      text += value;
      end = done;
    }
    clearTimeout(timer);
    void reader.cancel();
    const note = `: Swagger UI ends a stream after ${seconds} s, or ${largest} characters`;
    return new Response(`${text}${note}\n\n`, answer);
  };
  if (request.headers['accept'] === 'text/event-stream') request.userFetch = readSome;
  return request;
}
