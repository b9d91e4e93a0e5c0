import type { Resolver } from '../../src/model/resolver.js'
import { searchUser } from './resolvers/searchUser.js'
import { shareUrlTransfer } from './resolvers/shareUrlTransfer.js'

/** What finds the id of a Xiaohongshu user by what lists hold in its place. */
export const resolvers: readonly Resolver[] = [shareUrlTransfer, searchUser]
