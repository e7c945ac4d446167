/** S3's multipart uploads in memory: files appear whole, and only when they are completed. */
import { createHash } from 'node:crypto';
import { type ExportFiles, partBytesAtLeast, UploadGone } from '#cloud/export-files.ts';

type Upload = { key: string; parts: Map<number, { etag: string; bytes: Uint8Array }> };

export class MemoryFiles implements ExportFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly about = new Map<string, { contentType: string; fileName: string }>();
  readonly uploads = new Map<string, Upload>();
  /** S3 refuses to complete shorter ones. */
  partBytesAtLeast = partBytesAtLeast;
  #begun = 0;

  async begin(key: string, about: { contentType: string; fileName: string }) {
    this.#begun += 1;
    const uploadId = `upload-${this.#begun}`;
    this.uploads.set(uploadId, { key, parts: new Map() });
    this.about.set(key, about);
    return uploadId;
  }

  async part({ uploadId }: { uploadId: string }, number: number, bytes: Uint8Array) {
    const etag = createHash('md5').update(bytes).digest('hex');
    this.#upload(uploadId).parts.set(number, { etag, bytes: bytes.slice() });
    return etag;
  }

  async complete({ uploadId }: { uploadId: string }, etags: readonly string[]) {
    const { key, parts } = this.#upload(uploadId);
    const whole = etags.map((etag, at) => {
      const part = parts.get(at + 1);
      if (part?.etag !== etag) throw new UploadGone(`part ${at + 1} is another`);
      const isLast = at === etags.length - 1;
      if (!isLast && part.bytes.length < this.partBytesAtLeast) throw new UploadGone('too small');
      return part.bytes;
    });
    this.files.set(key, Buffer.concat(whole));
    this.uploads.delete(uploadId);
  }

  async size(key: string) {
    return this.files.get(key)?.length;
  }

  async keep(key: string, bytes: Uint8Array) {
    this.files.set(key, bytes.slice());
  }

  async kept(key: string) {
    const bytes = this.files.get(key);
    if (!bytes) throw new Error(`${key} is not there`);
    return bytes;
  }

  #upload(uploadId: string): Upload {
    const upload = this.uploads.get(uploadId);
    if (!upload) throw new UploadGone(`${uploadId} is gone`);
    return upload;
  }
}
