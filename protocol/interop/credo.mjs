// An agent of @credo-ts/core with openid4vc: keys by @credo-ts/node, records
// in memory, because its askar store is a binary that no registry has.
import 'reflect-metadata';
import {Agent, ConsoleLogger, InjectionSymbols, JsonTransformer, Kms, LogLevel, RecordDuplicateError, RecordNotFoundError, X509KeyUsage, X509Module} from '@credo-ts/core';
import express from 'express';
import {agentDependencies, NodeInMemoryKeyManagementStorage, NodeKeyManagementService} from '@credo-ts/node';
import {once} from 'node:events';
import {OpenId4VcModule} from '@credo-ts/openid4vc';

/** newAgent makes an agent that trusts these certificates; roles are its issuer and verifier, fetch is how it fetches. */
export async function newAgent({certificates = [], fetch = agentDependencies.fetch, ...roles} = {}) {
  const agent = new Agent({
    config: {allowInsecureHttpUrls: true, autoUpdateStorageOnStartup: true, logger: new ConsoleLogger(LogLevel.off)}, // http on loopback
    dependencies: {...agentDependencies, fetch},
    modules: {
      kms: new Kms.KeyManagementModule({backends: [new NodeKeyManagementService(new NodeInMemoryKeyManagementStorage())]}),
      openid4vc: new OpenId4VcModule(roles),
      storage: {register: manager => manager.registerInstance(InjectionSymbols.StorageService, new Memory())},
      x509: new X509Module({trustedCertificates: certificates}),
    },
  });
  await agent.initialize();
  return agent;
}

/** Memory keeps records as what they serialize to. */
class Memory {
  supportsCursorPagination = false;
  kept = new Map();

  async save(_, record) {
    if(this.kept.has(record.id)) {
      throw new RecordDuplicateError('kept already', {recordType: record.type});
    }
    this.put(record);
  }

  async update(_, record) {
    this.find(record.constructor, record.id);
    this.put(record);
  }

  async delete(_, record) {
    this.find(record.constructor, record.id);
    this.kept.delete(record.id);
  }

  async deleteById(_, type, id) {
    this.find(type, id);
    this.kept.delete(id);
  }

  async getById(_, type, id) {
    return this.find(type, id).read(type);
  }

  async getAll(_, type) {
    return this.all(type).map(entry => entry.read(type));
  }

  async findByQuery(_, type, query, {limit, offset = 0} = {}) {
    return this.all(type).filter(entry => matches(entry.tags, query)).slice(offset, limit && offset + limit).map(entry => entry.read(type));
  }

  put(record) {
    record.updatedAt = new Date();
    const text = JSON.stringify(record);
    const tags = structuredClone(record.getTags());
    this.kept.set(record.id, {type: record.type, tags, read(type) {
      const copy = JsonTransformer.deserialize(text, type);
      copy.setTags(tags);
      return copy;
    }});
  }

  all(type) {
    return [...this.kept.values()].filter(entry => entry.type === type.type);
  }

  find(type, id) {
    const entry = this.kept.get(id);
    if(entry?.type !== type.type) {
      throw new RecordNotFoundError('not kept', {recordType: type.type});
    }
    return entry;
  }
}

function matches(tags, {$and, $or, $not, ...simple}) {
  return Object.entries(simple).every(([name, value]) => value === undefined ||
      (Array.isArray(value) ? value.every(v => tags[name]?.includes(v)) : tags[name] === value)) &&
    (!$and || $and.every(q => matches(tags, q))) && (!$or || $or.some(q => matches(tags, q))) && (!$not || !matches(tags, $not));
}

/** newApp gives an express app on loopback and the URL where it answers. It stops with the process. */
export async function newApp() {
  const app = express();
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  server.on('connection', socket => socket.unref());
  return {app, url: `http://localhost:${server.address().port}`};
}

/**
 * newCertificate makes an ES256 key and its certificate for the names
 * {type, value}, below an authority of its own: {certificate, publicJwk, authority}.
 */
export async function newCertificate(agent, ...names) {
  const newKey = async () => agent.kms.createKey({type: {kty: 'EC', crv: 'P-256'}});
  const [authorityKey, key] = [await newKey(), await newKey()];
  const issuer = {commonName: 'interop authority'};
  const sign = options => agent.x509.createCertificate({authorityKey: Kms.PublicJwk.fromPublicJwk(authorityKey.publicJwk), issuer, ...options});
  const authority = await sign({extensions: {basicConstraints: {ca: true}, keyUsage: {usages: [X509KeyUsage.KeyCertSign]}}});
  const certificate = await sign({
    subject: {commonName: 'interop'}, subjectPublicKey: Kms.PublicJwk.fromPublicJwk(key.publicJwk),
    extensions: {subjectAlternativeName: {name: names}, keyUsage: {usages: [X509KeyUsage.DigitalSignature]}},
  });
  certificate.keyId = key.keyId;
  return {certificate, publicJwk: key.publicJwk, authority: authority.toString('pem')};
}
