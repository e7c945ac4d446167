import { createEngine, restoreEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { engineBehaviour } from './behaviour-suite.ts';
import { restoredEngine } from './cases/restored-engine.ts';

engineBehaviour('the matching engine', createEngine);
engineBehaviour('its naive twin', createNaiveEngine);
engineBehaviour('the matching engine, restored behind each command', () =>
  restoredEngine(createEngine(), (records) => restoreEngine(records)),
);
