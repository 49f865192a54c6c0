// Audits a page with Lighthouse on an emulated phone and prints the scores of
// its categories as JSON, with what costs points.
//
//     node audit.js PORT ADDRESS    PORT: of a Chromium's remote debugging
import lighthouse from 'lighthouse';

const [, , port, address] = process.argv;
const categories = ['performance', 'accessibility', 'best-practices', 'seo'];
const { lhr } = await lighthouse(address, { port: Number(port), onlyCategories: categories, logLevel: 'error' });
const scores = {};
const lost = {};
for (const id of categories) {
  scores[id] = Math.round(100 * lhr.categories[id].score);
  lost[id] = lhr.categories[id].auditRefs
    .filter(({ id: audit, weight }) => weight > 0 && lhr.audits[audit].score !== null && lhr.audits[audit].score < 1)
    .map(({ id: audit }) => `${audit} ${lhr.audits[audit].displayValue ?? lhr.audits[audit].explanation ?? ''} ${JSON.stringify(lhr.audits[audit].details?.items?.slice(0, 2) ?? '')}`);
}
process.stdout.write(`${JSON.stringify({ scores, lost, ran: lhr.runtimeError?.message ?? '' })}\n`);
process.exit(0);
