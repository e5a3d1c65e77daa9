import { Injectable } from '@nestjs/common';
import { printText } from '../composition/text.js';
import type { Recipe } from '../composition/value.js';
import type { AdapterSummary } from '../registry/adapter-version.js';
import { CompositionsService } from '../registry/compositions/compositions.service.js';
import type { PinnedRecipe } from '../registry/compositions/pin-recipe.js';
import type { MadeVersion, VersionTarget } from '../registry/version-maker.js';
import type { Actor } from '../tenants/principal.js';
import { ComposedModels, type ComposedName } from './composed-models.js';
import { answersOf, type ServedModel } from './served-model.js';

/** A composition as it would be, or is, served. */
export interface ComposedPlan {
  readonly pinned: PinnedRecipe;
  readonly model: ServedModel;
  /** What its head gives; of several answers none is said. */
  readonly summary: Pick<AdapterSummary, 'task' | 'labels' | 'details'>;
}

/** Makes compositions that can be served, and says why another cannot. */
@Injectable()
export class ComposingService {
  constructor(
    private readonly compositions: CompositionsService,
    private readonly composed: ComposedModels,
  ) {}

  /** What a recipe means now: its versions, the terms of its rows, its labels. */
  async plan(
    tenantId: string,
    recipe: Recipe,
    place: Pick<ComposedName, 'name' | 'at' | 'recipeAt'>,
  ): Promise<ComposedPlan> {
    const { name, at } = place;
    const pinned = await this.compositions.pin(tenantId, recipe, at);
    const model = await this.composed.compose(pinned, { ...place, adapter: name, versions: [], held: [] });
    return { pinned, model, summary: summaryOf(pinned, model) };
  }

  create(
    target: Omit<VersionTarget, 'inTransaction'>,
    { pinned, summary }: ComposedPlan,
    actor: Actor,
  ): Promise<MadeVersion> {
    return this.compositions.create(target, pinned, summary, actor);
  }
}

function summaryOf({ recipe }: PinnedRecipe, model: ServedModel): ComposedPlan['summary'] {
  const { labels, tasks, virtualTokens } = model;
  const isOne = answersOf(model).length === 1;
  return {
    task: isOne ? (tasks.find((task) => task !== 'embedding') ?? null) : null,
    labels: isOne ? (labels?.labels ?? null) : null,
    details: { text: printText(recipe.composition), problem: labels?.problem ?? null, virtual_tokens: virtualTokens },
  };
}
