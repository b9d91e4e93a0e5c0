import { html, webAddress, type Html } from './html.js'

export interface ReportPerson {
  readonly user_id: string
  readonly nickname: string | null
  readonly profile_url: string | null
}

/** A creator's name, with the link. The id always stands beside it, so that `forget` finds the person in old reports. */
export function person({ user_id, nickname, profile_url }: ReportPerson): Html {
  const name = nickname?.trim() ? html`<bdi>${nickname}</bdi>` : html`<code>${user_id}</code>`
  const address = webAddress(profile_url)
  if (address === undefined) return html`<span class="who" data-id="${user_id}">${name}</span>`
  return html`<a class="who" data-id="${user_id}" href="${address}" target="_blank" rel="noopener noreferrer"
    >${name}</a
  >`
}
