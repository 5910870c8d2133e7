/** Which database it is: the few places where SQL differs ask. */
export type Dialect = 'sqlite' | 'postgres';
