"""JSON Schema's rules and types in a decision maker's words."""

RULES = {
    "pattern": "it must match {0}",
    "minimum": "it must be {0} or more",
    "maximum": "it must be {0} or less",
    "exclusiveMinimum": "it must be more than {0}",
    "exclusiveMaximum": "it must be less than {0}",
    "multipleOf": "it must be a multiple of {0}",
    "minLength": "it must have {0} characters or more",
    "maxLength": "it must have {0} characters or fewer",
    "minItems": "it must have {0} entries or more",
    "maxItems": "it must have {0} entries or fewer",
    "uniqueItems": "its entries must differ",
    "minProperties": "it must have {0} keys or more",
    "maxProperties": "it must have {0} keys or fewer",
}

TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
