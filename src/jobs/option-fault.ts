import { ValidationError } from '../common/errors.js';
import { issuePath, issueText, type SchemaIssue } from '../common/schema-issue.js';

/**
 * The error for options of a request that are unknown or out of bounds; the first fault is told.
 *
 * @param param  the request's key that the options are under
 */
export function optionFault(param: string, issues: readonly SchemaIssue[], options: unknown): ValidationError {
  const [issue = { message: 'expected other options' }] = issues;
  const path = [param, issuePath(issue.path)].filter((part) => part !== '').join('.');
  return new ValidationError(`${path}: ${issueText(issue, options)}`, { param });
}
