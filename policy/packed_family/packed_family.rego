# METADATA
# title: Rows that are packed are kept apart by the model
# description: |
#   Training packs several rows into one sequence. These families let a row learn from its neighbours, since they carry a state
#   over or ignore positions: bamba, bloom, falcon_h1, falcon_mamba, granitemoehybrid, jamba, lfm2, mamba, mamba2, mpt, opt,
#   qwen3_5_text, qwen3_next, recurrent_gemma, rwkv, xlstm, zamba2. `train` probes each model before its first step, whatever its family.
package rules.packed_family

import data.lib

# Measured by images/train/tests/test_packing.py, which holds this set to the families that it found to leak.
_leaking := {
	"bamba", "bloom", "falcon_h1", "falcon_mamba", "granitemoehybrid", "jamba", "lfm2", "mamba", "mamba2", "mpt", "opt",
	"qwen3_5_text", "qwen3_next", "recurrent_gemma", "rwkv", "xlstm", "zamba2",
}

# METADATA
# title: A family that leaks, and packs
# custom:
#   short_name: leaks
#   value: 1
#   failure_msg: 'pipeline "%s" starts from "%s", of the family %s, which does not keep the rows of a pack apart'
#   solution: 'write `training: {packing: false}` at the model in standards/catalog/base_models.yaml, or choose a size that does not pack'
findings contains finding if {
	some project in input.projects
	some name, pipeline in project.pipelines
	model := input.catalog.base_models[pipeline.base_model]
	family := object.get(model, ["architecture", "family"], "")
	family in _leaking
	[standard, _] := split(pipeline.standard, "@")
	settings := object.get(input.catalog, ["sizes", pipeline.size, "settings", standard], {})
	object.get(model, ["training", "packing"], object.get(settings, "packing", false)) == true
	finding := lib.finding(rego.metadata.chain(), lib.in_pipeline(project, name, ["base_model"]), [name, pipeline.base_model, family])
}
