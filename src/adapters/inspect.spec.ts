import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import { bottleneckTensors, hubAdapter, hubHead } from '../../test/support/hub-adapter.js';
import { json, loraAdapter } from '../../test/support/peft-adapter.js';
import { importAdapter } from './import.js';
import { inspectAdapter } from './inspect.js';
import { renderReport } from './report.js';

const base = adapterBase();

describe('inspectAdapter', () => {
  it('says with a base what an import would say', () => {
    expect(inspectAdapter(loraAdapter(), base)).toEqual(importAdapter(loraAdapter(), base).report);
  });

  it('says without a base what the files alone tell', () => {
    const report = inspectAdapter(loraAdapter());
    expect(report).toMatchObject({
      served: true,
      method: 'lora',
      ranks: [4],
      task: 'sequence_classification',
      parameters: 218,
    });
    expect([report.base, report.digest, report.residentBytes]).toEqual([undefined, undefined, undefined]);
    expect(renderReport(report)).toContain('none given: sites, shapes and head are unchecked');
  });

  it('makes a refusal part of the report, with every key judged', () => {
    const report = inspectAdapter(loraAdapter({ use_qalora: true, tomorrow: 1, lora_dropout: 0.5 }), base);
    expect(report.served).toBe(false);
    expect(report.keys.filter(({ verdict }) => verdict === 'refused').map(({ key }) => key)).toEqual([
      'use_qalora',
      'tomorrow',
    ]);
    expect(renderReport(report)).toContain('ignored    lora_dropout: dropout is off in inference');
    expect(report.refusals[0]).toContain('use_qalora (QALoRA pools the input');
  });

  it('shows how labels are scored as the card says it, and refuses a card that says it wrong', () => {
    const withCard = (card: object) => new Map(loraAdapter()).set('card.json', json(card));
    for (const one of [
      inspectAdapter(withCard({ problem: 'multi' })),
      inspectAdapter(withCard({ problem: 'multi' }), base),
    ]) {
      expect(renderReport(one)).toMatch(/^problem +multi$/m);
    }
    const report = inspectAdapter(withCard({ problem: 'many' }));
    expect([report.served, report.refusals[0]]).toEqual([false, expect.stringContaining('got "many"')]);
  });

  it('names a method that is not served, and files that are no adapter', () => {
    expect(inspectAdapter(loraAdapter({ peft_type: 'OFT' }))).toMatchObject({
      format: 'peft',
      method: 'OFT',
      served: false,
    });
    expect(inspectAdapter(new Map([['adapter_config.json', json([1])]]))).toMatchObject({
      format: 'unknown',
      served: false,
    });
    const damaged = new Map([...loraAdapter(), ['adapter_model.safetensors', new Uint8Array(9)] as const]);
    expect(inspectAdapter(damaged, base)).toMatchObject({ served: false, tensors: [], method: 'lora' });
  });

  it('shows an AdapterHub adapter with its head', () => {
    const tensors = bottleneckTensors(['bert.encoder.layer.0.output', 'bert.encoder.layer.1.output'], 3);
    const config = {
      mh_adapter: false,
      output_adapter: true,
      reduction_factor: 4,
      non_linearity: 'relu',
      dropout: 0.1,
    };
    const text = renderReport(inspectAdapter(hubAdapter({ config, tensors, head: hubHead() }), base));
    expect(text).toContain('verdict      can be served');
    expect(text).toContain('format       adapterhub, bottleneck');
    expect(text).toContain('labels       no, yes');
    expect(text).toContain('ignored    config.dropout: dropout is off in inference');
    expect(text).toContain('F32 [2, 12] classifier.weight');
  });
});
