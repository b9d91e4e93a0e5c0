export { pipeline } from './xiaohongshu-user-profile/definition.js'
