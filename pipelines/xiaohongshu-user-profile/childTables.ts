import { attribute, counter, identity, volatile } from '../../src/model/column.js'
import type { ChildTable, Mentions } from '../../src/model/pipeline.js'

/** The lists of a profile that become rows. */
export const children: readonly ChildTable[] = [
  {
    name: 'creator_tags',
    path: 'tags',
    description: 'Labels under the name of a creator.',
    columns: {
      tag_type: attribute.text('tag_type', '"info" (age or star sign), "location", "profession" or "college".'),
      name: attribute.text('name', 'The label, e.g. "28岁", "浙江杭州"; NULL if there is only an icon.', 'tag'),
      icon: volatile.text('icon', 'Picture of the label, e.g. for the gender.'),
    },
  },
  {
    name: 'creator_interactions',
    path: 'interactions',
    description: 'The counts shown on the profile of a creator.',
    columns: {
      type: identity.text('type', '"follows", "fans" or "interaction" (likes and collects).'),
      name: attribute.text('name', 'The Chinese word shown, e.g. "粉丝".'),
      count: counter('count', 'The number shown; present even if the list behind it is private.'),
      is_private: attribute.flag('is_private', 'Whether the list behind the number is hidden.'),
      toast: volatile.text('toast', 'Message of the app when a hidden list is tapped.'),
    },
  },
  {
    name: 'creator_mentions',
    path: 'desc_at_users',
    description: 'Users a creator mentions in the bio.',
    columns: {
      mentioned_user_id: identity.text('id', 'User id of the mentioned user.'),
      nickname: volatile.text('nickname', 'Display name of the mentioned user in this answer.'),
    },
  },
  {
    name: 'creator_tabs',
    path: 'hula_tabs.all_show_tab_config',
    description: 'Tabs of the profile page of a creator.',
    columns: {
      tab_id: identity.text('tab_id', 'The tab, e.g. "note".'),
      tab_name: attribute.text('tab_name', 'The Chinese word shown, e.g. "笔记".'),
      tab_index_weight: attribute.count('tab_index_weight', 'Sort position of the tab in the app.'),
    },
  },
]

/** The users that creators mention in the bio, as candidates for a list. */
export const mentions: Mentions = {
  table: 'creator_mentions',
  id: 'mentioned_user_id',
  displayName: 'nickname',
  idPattern: '[0-9a-f]{24}',
}
