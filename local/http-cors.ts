/** Answers preflights and adds headers as an HTTP API with a CORS configuration does. */
import type { IncomingHttpHeaders } from 'node:http';

export type CorsConfiguration = {
  AllowCredentials?: boolean;
  AllowHeaders?: string[];
  AllowMethods?: string[];
  AllowOrigins?: string[];
  ExposeHeaders?: string[];
  MaxAge?: number;
};

/** A preflight is an OPTIONS request by a browser that asks before it sends the real one. */
export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** Headers of the 204 that answers a preflight; none where the origin is not allowed. */
export function preflightHeaders(
  cors: CorsConfiguration,
  origin: string | undefined,
): Record<string, string> {
  const base = corsHeaders(cors, origin);
  if (base['access-control-allow-origin'] === undefined) return {};
  const { AllowHeaders = [], AllowMethods = [], MaxAge } = cors;
  return {
    ...base,
    ...(AllowMethods.length === 0 ? {} : { 'access-control-allow-methods': expand(AllowMethods) }),
    ...(AllowHeaders.length === 0
      ? {}
      : { 'access-control-allow-headers': AllowHeaders.join(',') }),
    ...(MaxAge === undefined ? {} : { 'access-control-max-age': String(MaxAge) }),
  };
}

/** Headers that every answer to `origin` carries. */
export function corsHeaders(
  cors: CorsConfiguration | undefined,
  origin: string | undefined,
): Record<string, string> {
  if (cors === undefined || origin === undefined) return {};
  const allowed = cors.AllowOrigins ?? [];
  const isAny = allowed.includes('*');
  if (!isAny && !allowed.some((pattern) => allows(pattern, origin))) return {};
  const { AllowCredentials, ExposeHeaders = [] } = cors;
  return {
    'access-control-allow-origin': isAny ? '*' : origin,
    ...(isAny ? {} : { vary: 'Origin' }),
    ...(AllowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(ExposeHeaders.length === 0
      ? {}
      : { 'access-control-expose-headers': ExposeHeaders.join(',') }),
  };
}

/** `https://*` allows every origin of that scheme. */
function allows(pattern: string, origin: string): boolean {
  return pattern.endsWith('://*') ? origin.startsWith(pattern.slice(0, -1)) : pattern === origin;
}

/** With `*` AWS lists the methods, since a browser with credentials takes no star. */
function expand(methods: string[]): string {
  return methods.includes('*') ? 'GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS' : methods.join(',');
}
