import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { TrainingMetrics } from '../metrics/training-metrics.js';
import type { TrainingProcess } from '../runtime/training-process.js';

type Governed = Pick<TrainingProcess<'train'>, 'hold' | 'ended'>;

const LOOK_MS = 100;
/** Steps go on once answers are this much faster than the budget, so that the two states do not flicker. */
const CALM_SHARE = 0.8;

/**
 * Holds training up while serving needs the cores: calm → pressed when the 95th percentile of recent answers' times is above
 * `TRAINING_YIELD_MS`, and back when it is well below or nobody asks any more. A pressed run still gets its floor. Answers
 * are those of this process; where training and serving are different processes nothing is held up.
 */
@Injectable()
export class TrainingGovernor implements OnModuleDestroy {
  private readonly children = new Set<Governed>();
  private timer: NodeJS.Timeout | undefined;
  private isPressed = false;

  constructor(
    private readonly serving: Metrics,
    private readonly metrics: TrainingMetrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Until the process is gone. */
  govern(child: Governed): void {
    if (this.config.training.yieldMs === 0) return;
    this.children.add(child);
    if (this.isPressed) child.hold(true);
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
    void child.ended.then(() => this.forget(child));
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const { yieldMs } = this.config.training;
    const p95Ms = this.serving.answerTimes.quantile(0.95) ?? 0;
    const isPressed = p95Ms > (this.isPressed ? CALM_SHARE * yieldMs : yieldMs);
    if (this.isPressed) this.metrics.heldSeconds.inc(LOOK_MS / 1000);
    if (isPressed === this.isPressed) return;
    this.isPressed = isPressed;
    this.metrics.held.set(isPressed ? 1 : 0);
    for (const child of this.children) child.hold(isPressed);
  }

  private forget(child: Governed): void {
    this.children.delete(child);
    if (this.children.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.isPressed = false;
    this.metrics.held.set(0);
  }
}
