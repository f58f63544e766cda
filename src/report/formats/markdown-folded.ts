/** The folded parts of the Markdown report: what is worth a look, but fails nothing. */
import { counts, type Report, type ReportedOutcome } from '../report.ts';
import { reasonOf } from './failure-facts.ts';
import { type Block, failureBlock } from './markdown.ts';
import { codeSpan, prose } from './markdown-text.ts';
