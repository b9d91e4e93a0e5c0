import { chartStyle } from './styles/chartStyle.js'
import { creatorStyle } from './styles/creatorStyle.js'
import { pageStyle } from './styles/pageStyle.js'
import { printStyle } from './styles/printStyle.js'
import { screenStyle } from './styles/screenStyle.js'

/** The stylesheet of the page. Later rules win over earlier ones. */
export const style = pageStyle + chartStyle + creatorStyle + screenStyle + printStyle
