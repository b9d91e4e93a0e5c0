import type { PipelineDefinition } from '../../../src/model/pipelineDefinition.js'

/** A pipeline of somebody's own, for tests: an endpoint with a code inside `data`, and names as ids. */
export const videos: PipelineDefinition = {
  name: 'videos',
  title: 'Profiles of videos.test',
  price: 0.02,
  idColumns: ['handle', 'url'],
  parseId: { pattern: '[a-z0-9_]{3,20}', links: ['videos.test/@<id>'], looksLike: 'handle' },
  request: (id) => ({ path: '/api/videos/user', query: { handle: id } }),
  profile: { path: 'user', id: 'handle', success: { path: 'code', is: 0, message: 'message', otherwise: 'missing' } },
  columns: {
    user_id: { type: 'text', kind: 'identity', path: 'handle', role: 'id', description: 'The handle.' },
    nickname: { type: 'text', kind: 'attribute', path: 'name', role: 'displayName', description: 'Name.' },
    bio: { type: 'text', kind: 'attribute', path: 'sign', role: 'bio', description: 'Bio.' },
    followers: { type: 'count', kind: 'counter', path: 'stat.follower', role: 'followers', description: 'Followers.' },
    likes: { type: 'count', kind: 'counter', path: 'counts[type=like].count', description: 'Likes.' },
    counts: { type: 'list', kind: 'volatile', path: 'counts', description: 'Counts.' },
    badges: { type: 'list', kind: 'attribute', path: 'badges', description: 'Badges; rows in creator_badges.' },
    rating: { type: 'ratio', kind: 'attribute', path: 'rating', description: 'Rating.' },
    is_live: { type: 'flag', kind: 'volatile', path: 'live.on', description: 'Live now.' },
    live: { type: 'list', holds: 'object', kind: 'volatile', path: 'room', description: 'Room.' },
    avatar: { type: 'text', kind: 'volatile', path: 'avatar', description: 'Picture.' },
    page: {
      type: 'text',
      kind: 'derived',
      derive: ({ user_id }) => (user_id === null ? null : `https://videos.test/@${String(user_id)}`),
      role: 'profileUrl',
      description: 'Link.',
    },
  },
  children: [
    {
      name: 'creator_badges',
      path: 'badges',
      description: 'Badges.',
      columns: { label: { type: 'text', kind: 'attribute', path: 'label', description: 'Label.' } },
    },
  ],
}
