/**
 * How a seed's troubles are told. A long story comes to states that take their time: many epochs, books of many orders. A short
 * one costs two fifths, begins amid its troubles and meets twice as many of them a step, so that many of those find some rare moments sooner.
 */
type Random = (below: number) => number;

type Story = {
  fewestSteps: number;
  moreSteps: number;
  /** Whether calls may go wrong, and a second matcher may stand by, from the first moment on. */
  beginsInTrouble: boolean;
  /** Of so many steps, nine meet a trouble where somebody is there to meet it. */
  troubleIn: number;
  /** Fewer wishes than this are made a step. */
  wishes: number;
  /** One of these passes after each step. */
  waitsMs(random: Random): number[];
};

export const stories = {
  long: {
    ...{ fewestSteps: 30, moreSteps: 70, beginsInTrouble: false, troubleIn: 20, wishes: 5 },
    waitsMs: (random) => [0, 2, 10, 40, 150, random(3_000)],
  },
  short: {
    ...{ fewestSteps: 5, moreSteps: 7, beginsInTrouble: true, troubleIn: 10, wishes: 12 },
    // Longer, so that a lease can end within so few steps.
    waitsMs: (random) => [0, 2, 10, 150, random(3_000), random(3_000)],
  },
} as const satisfies Record<string, Story>;

export type StoryName = keyof typeof stories;
