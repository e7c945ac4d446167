/** Asks what stands behind a matcher's door, without a socket. */
import {
  type Asked,
  answerRequest,
  type Door,
  type Reply,
} from '../../containers/matcher/answer-request.ts';

export const askDoor = (asked: Asked, door: Door): Promise<Reply> =>
  new Promise((answered, failed) => answerRequest(asked, door, { answered, failed }));
