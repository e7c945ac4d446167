import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { engineBehaviour } from './behaviour-suite.ts';

engineBehaviour('the matching engine', createEngine);
