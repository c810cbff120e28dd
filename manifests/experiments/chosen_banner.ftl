<#-- The answer of the decision model for this guest, or the default where it has none. -->
<#assign results = (getDecisionModelResultNode("Banner").outputs)![]>
{"banner": "${((results[0].banner)!'default')?json_string}"}
