import type { FitName } from '../../training/fits/fit-options.js';
import { adapterFusion } from './adapter-fusion.js';
import { centroid, phatgoose } from './adapter-fits.js';
import type { Fit } from './fit.js';
import { floor, lorahub, soup } from './member-fits.js';
import { merge } from './merge.js';

/** Every fit by its name. */
export const FITS: { readonly [N in FitName]: Fit<N> } = {
  ...{ phatgoose, centroid, lorahub, soup, floor, merge },
  adapter_fusion: adapterFusion,
};
