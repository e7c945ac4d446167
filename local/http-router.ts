/** Chooses the route of an HTTP API for a method and path, the most specific first. */
import type { ApiRoute } from './api-routes.ts';

export type RouteMatch = { route: ApiRoute; pathParameters?: Record<string, string> };

export type Router = {
  /** Undefined: no route. Throws URIError where a path parameter is not valid percent-encoding. */
  match: (method: string, path: string) => RouteMatch | undefined;
};

type Segment = { kind: 'exact' | 'parameter' | 'greedy'; text: string };

type Entry = { route: ApiRoute; method: string; segments: Segment[] };

const RANKS = { exact: 0, parameter: 1, greedy: 2 } as const;

/** Precedence: exact segment, `{parameter}`, `{proxy+}`; then the method before ANY; then `$default`. */
export function createRouter(routes: ApiRoute[]): Router {
  const fallback = routes.find((route) => route.routeKey === '$default');
  const entries = routes.filter((route) => route !== fallback).map(parseRoute);
  entries.sort(compareEntries);
  return {
    match: (method, path) => {
      const parts = splitPath(path);
      for (const entry of entries) {
        if (entry.method !== 'ANY' && entry.method !== method) continue;
        const found = matchSegments(entry.segments, parts);
        if (found === undefined) continue;
        const hasParameters = Object.keys(found).length > 0;
        return { route: entry.route, ...(hasParameters ? { pathParameters: found } : {}) };
      }
      return fallback && { route: fallback };
    },
  };
}

function parseRoute(route: ApiRoute): Entry {
  const [method = 'ANY', path = '/'] = route.routeKey.split(' ');
  const segments = splitPath(path).map((part): Segment => {
    const name = /^\{(\w+)(\+?)\}$/.exec(part);
    if (name?.[1] === undefined) return { kind: 'exact', text: part };
    return { kind: name[2] === '+' ? 'greedy' : 'parameter', text: name[1] };
  });
  return { route, method, segments };
}

function compareEntries(left: Entry, right: Entry): number {
  const depth = Math.max(left.segments.length, right.segments.length);
  for (let at = 0; at < depth; at += 1) {
    const order = rankAt(left, at) - rankAt(right, at);
    if (order !== 0) return order;
  }
  return Number(left.method === 'ANY') - Number(right.method === 'ANY');
}

function rankAt(entry: Entry, at: number): number {
  const segment = entry.segments[at];
  return segment === undefined ? RANKS.greedy + 1 : RANKS[segment.kind];
}

function matchSegments(segments: Segment[], parts: string[]): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [at, { kind, text }] of segments.entries()) {
    const part = parts[at];
    if (part === undefined) return undefined;
    if (kind === 'greedy') {
      found[text] = decodeURIComponent(parts.slice(at).join('/'));
      return found;
    }
    if (kind === 'exact' && part !== text) return undefined;
    if (kind === 'parameter') {
      if (part === '') return undefined;
      found[text] = decodeURIComponent(part);
    }
  }
  return segments.length === parts.length ? found : undefined;
}

function splitPath(path: string): string[] {
  return path.replace(/^\//, '').split('/');
}
