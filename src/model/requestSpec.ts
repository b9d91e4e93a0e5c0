/** A GET with its parameters in the query, or a POST with them in a form. The token goes where the parameters go. */
export type RequestSpec = { readonly path: string } & (
  | { readonly query: Readonly<Record<string, string>>; readonly form?: never }
  | { readonly form: Readonly<Record<string, string>>; readonly query?: never }
)
