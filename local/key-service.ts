/** KMS: the template's keys, made at first use and kept in the state folder. */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createPublicKey,
  randomBytes,
} from 'node:crypto';
import type { Assembly, Resource } from './assembly.ts';
import { type CurveName, signDigest, verifyDigest } from './elliptic-curve.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { type Operations, ServiceError } from './json-service.ts';

type Key = { id: string; arn: string; spec: string; usage: string; material: Buffer };

const CURVES: Readonly<Record<string, CurveName>> = {
  ECC_SECG_P256K1: 'secp256k1',
  ECC_NIST_P256: 'prime256v1',
};
const SPECS = ['SYMMETRIC_DEFAULT', ...Object.keys(CURVES)];

export type Keys = { operations: Operations };

/** Opens the keys; `file` keeps their material, readable by its owner only. */
export function openKeys(assembly: Assembly, file: string): Keys {
  const kept = readJsonFile<Record<string, string>>(file) ?? {};
  const keys = assembly.of('AWS::KMS::Key').map((resource) => openKey(resource, kept));
  if (keys.length > 0) writeJsonFile(file, kept);
  const aliases = new Map(
    assembly
      .of('AWS::KMS::Alias')
      .map((alias) => [alias.name, String(alias.props['TargetKeyId'])] as const),
  );
  const find = (given: unknown): Key => {
    const id = String(given).replace(/^arn:aws:kms:[^:]*:[^:]*:(?=alias\/)/, '');
    const target = aliases.get(id) ?? id;
    const key = keys.find((one) => target === one.id || target === one.arn);
    if (key !== undefined) return key;
    throw new ServiceError('NotFoundException', `Key '${String(given)}' does not exist`);
  };
  return { operations: { ...symmetricOperations(find, keys), ...signingOperations(find) } };
}

function openKey(resource: Resource, kept: Record<string, string>): Key {
  const spec = String(resource.props['KeySpec'] ?? 'SYMMETRIC_DEFAULT');
  if (!SPECS.includes(spec)) {
    throw new Error(
      `Stack ${resource.stack}, ${resource.id}: the local cloud has no KMS key of spec ${spec}: use one of ${SPECS.join(', ')}.`,
    );
  }
  const usage = String(resource.props['KeyUsage'] ?? 'ENCRYPT_DECRYPT');
  kept[resource.name] ??= newMaterial(spec).toString('base64');
  const material = Buffer.from(kept[resource.name] as string, 'base64');
  return { id: resource.name, arn: resource.arn ?? resource.name, spec, usage, material };
}

function newMaterial(spec: string): Buffer {
  const curve = CURVES[spec];
  if (curve === undefined) return randomBytes(32);
  const ecdh = createECDH(curve);
  ecdh.generateKeys();
  // Node leaves leading zeros out; a private key is always 32 bytes here.
  return Buffer.from(ecdh.getPrivateKey('hex').padStart(64, '0'), 'hex');
}

type Find = (id: unknown) => Key;

function symmetricOperations(find: Find, keys: Key[]): Operations {
  const symmetric = (id: unknown): Key => {
    const key = find(id);
    if (key.spec === 'SYMMETRIC_DEFAULT') return key;
    throw new ServiceError('InvalidKeyUsageException', `${key.arn} key usage is ${key.usage}`);
  };
  const dataKey = (input: Record<string, unknown>) => {
    const key = symmetric(input['KeyId']);
    const bytes = Number(input['NumberOfBytes'] ?? (input['KeySpec'] === 'AES_128' ? 16 : 32));
    const plain = randomBytes(bytes);
    const CiphertextBlob = encrypt(key, plain, input['EncryptionContext']);
    return { KeyId: key.arn, Plaintext: plain.toString('base64'), CiphertextBlob };
  };
  return {
    'TrentService.Encrypt': ({ KeyId, Plaintext, EncryptionContext }) => {
      const key = symmetric(KeyId);
      const plain = Buffer.from(String(Plaintext), 'base64');
      return {
        KeyId: key.arn,
        CiphertextBlob: encrypt(key, plain, EncryptionContext),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    },
    'TrentService.Decrypt': ({ CiphertextBlob, EncryptionContext }) => {
      const { key, plain } = decrypt(keys, String(CiphertextBlob), EncryptionContext);
      return {
        KeyId: key.arn,
        Plaintext: plain.toString('base64'),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    },
    'TrentService.GenerateDataKey': dataKey,
    'TrentService.GenerateDataKeyWithoutPlaintext': (input) => {
      const { Plaintext: _, ...rest } = dataKey(input);
      return rest;
    },
    'TrentService.DescribeKey': ({ KeyId }) => {
      const key = find(KeyId);
      const state = { Enabled: true, KeyState: 'Enabled', KeyManager: 'CUSTOMER' };
      const KeyMetadata = { KeyId: key.id, Arn: key.arn, KeySpec: key.spec, KeyUsage: key.usage };
      return { KeyMetadata: { ...KeyMetadata, ...state } };
    },
  };
}

function signingOperations(find: Find): Operations {
  const signing = (id: unknown): { key: Key; curve: CurveName; publicPoint: Buffer } => {
    const key = find(id);
    const curve = CURVES[key.spec];
    if (curve === undefined) {
      throw new ServiceError('InvalidKeyUsageException', `${key.arn} key usage is ${key.usage}`);
    }
    const ecdh = createECDH(curve);
    ecdh.setPrivateKey(key.material);
    return { key, curve, publicPoint: ecdh.getPublicKey() };
  };
  return {
    'TrentService.Sign': (input) => {
      const { key, curve } = signing(input['KeyId']);
      const Signature = signDigest(curve, digestOf(input), key.material).toString('base64');
      return { KeyId: key.arn, Signature, SigningAlgorithm: input['SigningAlgorithm'] };
    },
    'TrentService.Verify': (input) => {
      const { key, curve, publicPoint } = signing(input['KeyId']);
      const signature = Buffer.from(String(input['Signature']), 'base64');
      if (!verifyDigest(curve, digestOf(input), signature, publicPoint)) {
        throw new ServiceError('KMSInvalidSignatureException', 'The signature is not valid.');
      }
      const { SigningAlgorithm } = input;
      return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm };
    },
    'TrentService.GetPublicKey': ({ KeyId }) => {
      const { key, curve, publicPoint } = signing(KeyId);
      return {
        KeyId: key.arn,
        PublicKey: spkiOf(curve, publicPoint).toString('base64'),
        KeySpec: key.spec,
        KeyUsage: key.usage,
        SigningAlgorithms: ['ECDSA_SHA_256'],
      };
    },
  };
}

function digestOf(input: Record<string, unknown>): Buffer {
  if (input['SigningAlgorithm'] !== 'ECDSA_SHA_256') {
    throw new ServiceError('ValidationException', 'SigningAlgorithm must be ECDSA_SHA_256.');
  }
  const message = Buffer.from(String(input['Message']), 'base64');
  if (input['MessageType'] !== 'DIGEST') return createHash('sha256').update(message).digest();
  if (message.length === 32) return message;
  throw new ServiceError('ValidationException', 'Digest is invalid length for algorithm.');
}

/** The public key as KMS gives it: DER SubjectPublicKeyInfo. */
function spkiOf(curve: CurveName, point: Buffer): Buffer {
  const crv = curve === 'secp256k1' ? 'secp256k1' : 'P-256';
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33, 65).toString('base64url');
  const key = createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' });
  return key.export({ type: 'spki', format: 'der' });
}

/** Key id (36 characters), nonce (12 bytes), tag (16 bytes), ciphertext. */
function encrypt(key: Key, plain: Buffer, context: unknown): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.material, nonce).setAAD(contextBytes(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id), nonce, cipher.getAuthTag(), body]).toString('base64');
}

function decrypt(keys: Key[], blob: string, context: unknown): { key: Key; plain: Buffer } {
  const bytes = Buffer.from(blob, 'base64');
  const key = keys.find(({ id }) => id === bytes.subarray(0, 36).toString());
  try {
    if (key === undefined) throw new Error('made by no key of ours');
    const decipher = createDecipheriv('aes-256-gcm', key.material, bytes.subarray(36, 48))
      .setAAD(contextBytes(context))
      .setAuthTag(bytes.subarray(48, 64));
    return { key, plain: Buffer.concat([decipher.update(bytes.subarray(64)), decipher.final()]) };
  } catch {
    throw new ServiceError('InvalidCiphertextException', 'The ciphertext cannot be decrypted.');
  }
}

function contextBytes(context: unknown): Buffer {
  return Buffer.from(JSON.stringify(Object.entries((context ?? {}) as object).sort()));
}
