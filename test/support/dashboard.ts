interface Panel {
  readonly targets?: readonly { readonly expr: string }[]
}

/** The PromQL of every panel of a Grafana dashboard, with the variables of the dashboard. */
export function dashboardExpressions(json: string): string[] {
  const { panels } = JSON.parse(json) as { readonly panels: readonly Panel[] }
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
}
