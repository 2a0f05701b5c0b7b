import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { Pool } from 'pg';

/**
 * What nameplate is measured against: Fastify and pg, one named prepared statement a request, and
 * nothing else. No token is looked at, no rule is kept, no event is written.
 */
const { PORT, DATABASE_URL, DATABASE_POOL_SIZE = '20' } = process.env;
const pool = new Pool({ connectionString: DATABASE_URL, max: Number(DATABASE_POOL_SIZE) });
const fastify = Fastify();

const FIELDS = `
  id, username, primary_email AS "primaryEmail", primary_phone AS "primaryPhone", name, avatar,
  custom_data AS "customData", '{}'::jsonb AS identities, last_sign_in_at AS "lastSignInAt",
  created_at AS "createdAt", updated_at AS "updatedAt", profile,
  application_id AS "applicationId", is_suspended AS "isSuspended",
  password_digest IS NOT NULL AS "hasPassword", '[]'::jsonb AS "ssoIdentities"`;

fastify.get('/api/users/:id', async (request) => {
  const { id } = request.params as { id: string };
  const { rows } = await pool.query({
    name: 'get',
    text: `SELECT ${FIELDS} FROM users WHERE tenant_id = 'default' AND id = $1`,
    values: [id],
  });
  return rows[0] as object;
});

fastify.patch('/api/users/:id', async (request) => {
  const { id } = request.params as { id: string };
  const { name } = request.body as { name: string };
  const { rows } = await pool.query({
    name: 'patch',
    text: `UPDATE users SET name = $2 WHERE tenant_id = 'default' AND id = $1 RETURNING ${FIELDS}`,
    values: [id, name],
  });
  return rows[0] as object;
});

fastify.post('/api/users', async (request, reply) => {
  const { name, primaryEmail } = request.body as { name: string; primaryEmail: string };
  const { rows } = await pool.query({
    name: 'create',
    text: `INSERT INTO users (tenant_id, id, name, primary_email, primary_email_key)
      VALUES ('default', $1, $2, $3, $3) RETURNING ${FIELDS}`,
    values: [randomUUID(), name, primaryEmail],
  });
  return reply.code(201).send(rows[0]);
});

fastify.delete('/api/users/:id', async (request, reply) => {
  const { id } = request.params as { id: string };
  const { rowCount } = await pool.query({
    name: 'delete',
    text: `DELETE FROM users WHERE tenant_id = 'default' AND id = $1`,
    values: [id],
  });
  return reply.code(rowCount === 1 ? 204 : 404).send();
});

/** The first page, whatever is asked for. */
fastify.get('/api/users', async () => {
  const { rows } = await pool.query({
    name: 'list',
    text: `SELECT ${FIELDS} FROM users WHERE tenant_id = 'default'
      ORDER BY created_at DESC, id DESC LIMIT 20`,
  });
  return rows as object[];
});

await fastify.listen({ port: Number(PORT), host: '127.0.0.1' });
