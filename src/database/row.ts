/** A plain object with the columns of an entity: what services pass around, while TypeORM makes instances of the class. */
export type Row<E> = { [K in keyof E]: E[K] };
