/** Laws by which a route weighs its members at each token and site, from their gate vectors and what enters the site. */
export const TOKEN_LAWS = ['arrow', 'phatgoose', 'mod_squad'] as const;
export type TokenLaw = (typeof TOKEN_LAWS)[number];
