/** What a message of protobuf has by the number of a field: bytes of what has a length, else a number. */
type Fields = Partial<Record<number, any[]>>;

function fieldsOf(message: Buffer): Fields {
  const fields: Fields = {};
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const length = { 0: 0, 1: 8, 5: 4 }[tag & 7] ?? varint();
    const value = tag & 7 ? message.subarray(at, (at += length)) : varint();
    (fields[tag >> 3] ??= []).push(value);
  }
  return fields;
}

const hex = (bytes: Buffer | undefined) => bytes?.toString('hex') ?? '';

/** Texts and whole numbers, which is all that there is. */
const attributesOf = (list: Buffer[] = []): Record<string, unknown> =>
  Object.fromEntries(
    list.map((attribute) => {
      const { 1: key, 2: value } = fieldsOf(attribute);
      const { 1: text, 3: int } = fieldsOf(value?.[0]);
      return [String(key?.[0]), text ? String(text[0]) : int?.[0]];
    }),
  );

function spanOf(message: Buffer) {
  const { 1: trace, 2: span, 4: parent, 5: name, 6: kind, ...fields } = fieldsOf(message);
  const { 9: attributes, 13: links = [], 15: status } = fields;
  return {
    ...{ traceId: hex(trace?.[0]), spanId: hex(span?.[0]) },
    parentSpanId: hex(parent?.[0]) || undefined,
    ...{ name: String(name?.[0]), kind: Number(kind?.[0]) },
    attributes: attributesOf(attributes),
    links: links.map((link) => {
      const { 1: of, 2: id } = fieldsOf(link);
      return { traceId: hex(of?.[0]), spanId: hex(id?.[0]) };
    }),
    status: status && (fieldsOf(status[0])[3]?.[0] as number | undefined),
  };
}

export type CollectedSpan = ReturnType<typeof spanOf>;

/** What an export of OTLP says (opentelemetry-proto, collector/trace/v1), by the process that sent it. */
export const exportOf = (body: Buffer) =>
  (fieldsOf(body)[1] ?? []).map((message: Buffer) => {
    const { 1: resource, 2: scopes = [] } = fieldsOf(message);
    return {
      resource: attributesOf(fieldsOf(resource?.[0])[1]),
      spans: scopes.flatMap((scope) => fieldsOf(scope)[2] ?? []).map(spanOf),
    };
  });
