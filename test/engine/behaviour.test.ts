import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { engineBehaviour } from './behaviour-suite.ts';

engineBehaviour('the matching engine', createEngine);
engineBehaviour('its naive twin', createNaiveEngine);
