export default {
  extends: 'stylelint-config-standard',
  rules: {
    'declaration-block-single-line-max-declarations': null,
    'rule-empty-line-before': null,
    'at-rule-empty-line-before': null,
    'declaration-empty-line-before': null,
    'no-descending-specificity': null,
    'property-no-vendor-prefix': [true, { ignoreProperties: ['user-select', 'user-drag', 'text-size-adjust'] }],
    'declaration-block-no-duplicate-properties': [true, { ignore: ['consecutive-duplicates'] }],
  },
};
