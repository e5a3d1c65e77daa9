import type { Brick } from '../../../../adapters/brick.js';
import { importAdapter } from '../../../../adapters/import.js';
import { routerPart } from '../../../../adapters/routing/router-parts.js';
import type { BaseModel } from '../../../../models/base-model.js';
import { expertFiles } from '../../../../training/squad/expert-files.js';
import { extractSquad } from '../../../../training/squad/extract-squad.js';
import { factorsAt, type Squad } from '../../../../training/squad/squad.js';
import { readSquad } from '../../../../training/squad/squad-files.js';
import { squadRouter } from '../../../../training/squad/squad-router.js';
import type { Answering } from '../examiner.js';
import { SQUAD } from '../squad-run.js';
import { withBricks, type ComposeRow, type Stage } from '../stage.js';

const NOTHING: Brick = { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] };

/** Experts that stay of a task's sub-model. */
const KEPT = 4;

/** The laws that shape the routers, each by the name of its run. */
export const SQUADS = [
  { name: 'squad-mi', title: 'Mod-Squad, mutual information', balance: { law: 'mutual_information', weight: 0.1 } },
  { name: 'squad-load', title: 'Mod-Squad, load balancing', balance: { law: 'load', weight: 0.1 } },
  { name: 'squad-none', title: 'Mod-Squad, neither', balance: { law: 'none', weight: 0 } },
] as const;

/** Experts that all domains share, each text by the router of its domain: all of them, and what is left of each domain's own. */
export const squads: readonly ComposeRow[] = SQUADS.flatMap(({ name, title }): ComposeRow[] => [
  { name: title, score: async (stage) => whole(stage, (await readSquad(stage.files.get(name)!)).squad) },
  {
    name: cutName(title),
    score: async (stage) => cut(stage, (await readSquad(stage.files.get(name)!)).squad),
  },
]);

export function cutName(title: string): string {
  return `${title}, cut to ${KEPT} of ${SQUAD.experts}`;
}

async function whole(stage: Stage, squad: Squad) {
  const parts = partsOf(squad, 'squad', stage);
  const { accuracy } = await withBricks(stage.runtime, parts.bricks, () =>
    stage.examiner.score(stage.test, ({ domain }) => parts.answering(stage.domains[domain]!.name)),
  );
  return { accuracy, what: `I(T;E) ${taskInformation(squad).toFixed(2)} nats` };
}

async function cut(stage: Stage, squad: Squad) {
  const parts = stage.domains.map(({ name }) =>
    partsOf(extractSquad(squad, { task: name, keep: KEPT }).squad, `cut-${name}`, stage),
  );
  const bricks = new Map(parts.flatMap((own) => [...own.bricks]));
  return withBricks(stage.runtime, bricks, () =>
    stage.examiner.score(stage.test, ({ domain }) => parts[domain]!.answering(stage.domains[domain]!.name)),
  );
}

interface SquadParts {
  readonly bricks: ReadonlyMap<string, Brick>;
  answering(task: string): Answering;
}

/** The experts of a squad and the gates of its tasks as the runtime takes them. */
function partsOf(squad: Squad, id: string, { base }: Pick<Stage, 'base'>): SquadParts {
  const experts = Array.from({ length: squad.experts }, (_, at) => `${id}/${at}`);
  const gateId = (task: string, at: number): string => `${id}/${task}/${at}`;
  const gates = squad.tasks.flatMap((task) => {
    const router = squadRouter(squad, task, base);
    return experts.map((_, at) => [gateId(task, at), routerPart({ ...NOTHING, ...router }, at)] as const);
  });
  return {
    bricks: new Map([...experts.map((name, at) => [name, expertBrick(squad, at, base)] as const), ...gates]),
    answering: (task) => ({
      bricks: experts.map((name) => ({ id: name, weight: 1, route: 0 })),
      routes: [
        {
          law: 'mod_squad',
          topK: squad.topK,
          temperature: squad.temperature,
          gates: experts.map((_, at) => gateId(task, at)),
        },
      ],
    }),
  };
}

function expertBrick(squad: Squad, expert: number, base: BaseModel): Brick {
  return importAdapter(expertFiles(squad, expert, base), base, { task: 'embedding' }).brick;
}

/** Mutual information of task and expert by the counted choices, the mean over places: Σ P(t,e) · ln P(t,e) / (P(t)·P(e)). */
function taskInformation(squad: Squad): number {
  const { tasks, experts, places } = squad;
  const each = places.map((place) => {
    const joint = factorsAt(squad, place).usage.data.map((share) => share / 100 / tasks.length);
    const ofExpert = Array.from({ length: experts }, (_, e) =>
      tasks.reduce((sum, _t, t) => sum + joint[t * experts + e]!, 0),
    );
    return joint.reduce(
      (sum, p, at) => sum + (p > 0 ? p * Math.log((p * tasks.length) / ofExpert[at % experts]!) : 0),
      0,
    );
  });
  return each.reduce((sum, value) => sum + value, 0) / places.length;
}
