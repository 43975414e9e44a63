//! Regression tests with parts of other APIs' documents that were once normalized wrongly. Each test has its own
//! document.

#![recursion_limit = "256"]

mod support;

use std::{fs, path::Path};

use serde_json::{Value, json};
use support::openapi;
use xtask::normalize::{Normalized, normalize};

/// Reads and normalizes a document, and checks that the output is valid OpenAPI 3.0.3 and that normalizing it again
/// changes nothing.
fn normal(name: &str) -> Normalized {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/faults");
    let path =
        ["json", "yaml"].iter().map(|end| folder.join(format!("{name}.{end}"))).find(|path| path.exists()).unwrap();
    let document = xtask::fetch::parse(&fs::read(path).unwrap()).unwrap();
    let once = normalize(document).unwrap();
    assert_eq!(openapi::faults(&once.document), [""; 0], "{:#}", once.document);
    let twice = normalize(once.document.clone()).unwrap();
    assert_eq!(twice.document, once.document);
    assert_eq!(twice.warnings, []);
    once
}

/// Normalizes a document that must not lead to warnings.
fn lossless(name: &str) -> Value {
    let normalized = normal(name);
    assert_eq!(normalized.warnings, []);
    normalized.document
}

fn warnings(normalized: &Normalized) -> Vec<String> {
    normalized.warnings.iter().map(ToString::to_string).collect()
}

fn schema(document: &Value, name: &str) -> Value {
    document["components"]["schemas"][name].clone()
}

fn names(document: &Value) -> Vec<String> {
    openapi::schemas(document).keys().cloned().collect()
}

/// The schema of a response body of `GET /a`.
fn body(document: &Value, status: &str) -> Value {
    let operation = &document["paths"]["/a"]["get"];
    operation["responses"][status]["content"]["application/json"]["schema"].clone()
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[test]
fn a_required_enum_in_a_body_becomes_a_named_type() {
    let document = lossless("01-body-with-required-enum");
    assert_eq!(schema(&document, "MakeThingRequest")["required"], json!(["size"]));
    assert_eq!(schema(&document, "MakeThingSize")["enum"], json!(["s", "m"]));
}

#[test]
fn names_with_acronyms_match_those_of_the_generator() {
    let document = lossless("03-acronym-in-union");
    assert_eq!(names(&document), ["ApiKey", "Auth", "OAuthToken"]);
    assert_eq!(schema(&document, "Auth"), json!({ "oneOf": [reference("ApiKey"), reference("OAuthToken")] }));
}

#[test]
fn responses_by_reference_stay_different() {
    let document = lossless("04-response-refs-differ");
    let responses = &document["paths"]["/a"]["get"]["responses"];
    assert_eq!(responses["400"], json!({ "$ref": "#/components/responses/Bad" }));
    assert_eq!(responses["404"], json!({ "$ref": "#/components/responses/None" }));
    assert_eq!(names(&document), ["E1", "E2"]);
}

#[test]
fn descriptions_defaults_and_examples_are_kept() {
    let document = lossless("05-prose-and-defaults-dropped");
    let operation = &document["paths"]["/a"]["get"];
    assert_eq!((&operation["summary"], &operation["description"]), (&json!("Lists"), &json!("All of them.")));
    let parameter = &operation["parameters"][0];
    assert_eq!(parameter["description"], "How many");
    assert_eq!(parameter["schema"], json!({ "default": 20, "example": 5, "type": "integer" }));
    let count = &schema(&document, "ListAResponse")["properties"]["n"];
    assert_eq!(*count, json!({ "default": 3, "description": "Count", "type": "integer" }));
}

#[test]
fn error_bodies_that_differ_stay_different() {
    let document = lossless("06-error-types-merged-to-any");
    assert_ne!(body(&document, "400"), body(&document, "422"));
    let detail = |status: &str| {
        let target = body(&document, status)["$ref"].as_str().unwrap().to_owned();
        document.pointer(&format!("{}/properties/detail/type", &target[1..])).cloned().unwrap()
    };
    assert_eq!((detail("400"), detail("422")), (json!("string"), json!("array")));
}

#[test]
fn a_component_named_api_error_does_not_replace_other_error_types() {
    let document = lossless("07-apierror-replaces-others");
    assert_eq!(body(&document, "500"), reference("ApiError"));
    assert_eq!(body(&document, "400"), body(&document, "422"), "bodies of the same shape must share a type");
    assert_ne!(body(&document, "400"), body(&document, "500"));
    assert_eq!(schema(&document, "ApiError")["required"], json!(["code", "message"]));
}

#[test]
fn a_response_without_a_body_stays_without_one() {
    let document = lossless("08-error-body-invented");
    let responses = &document["paths"]["/a"]["get"]["responses"];
    assert_eq!(responses["404"], json!({ "description": "nothing there, and no body" }));
    assert!(responses["409"]["content"].is_object());
}

#[test]
fn the_default_response_has_its_own_type() {
    let document = lossless("09-ok-and-default-untyped");
    assert_eq!(body(&document, "200"), reference("ReadThingResponse"));
    assert_eq!(body(&document, "default"), reference("ReadThingError"));
}

#[test]
fn a_nullable_header_stays_nullable() {
    let document = lossless("11-nullable-header");
    let schema = &document["paths"]["/a"]["get"]["parameters"][0]["schema"];
    assert_eq!(*schema, json!({ "nullable": true, "type": "string" }));
}

#[test]
fn the_format_of_a_shared_parameter_is_kept() {
    let document = lossless("12-uuid-in-shared-parameter");
    assert_eq!(document["components"]["parameters"]["Id"]["schema"]["format"], "uuid");
    let parameters = &document["paths"]["/a/{id}"]["get"]["parameters"];
    assert_eq!(*parameters, json!([{ "$ref": "#/components/parameters/Id" }]));
}

#[test]
fn an_unknown_keyword_becomes_an_extension() {
    let document = lossless("13-unknown-schema-keyword");
    let property = &schema(&document, "ReadThingResponse")["properties"]["n"];
    assert_eq!(*property, json!({ "type": "string", "x-widget": "slider" }));
}

#[test]
fn an_empty_required_list_is_removed() {
    let document = lossless("14-empty-required");
    assert!(schema(&document, "ReadThingResponse").get("required").is_none());
}

#[test]
fn an_operation_without_responses_gets_a_default_response() {
    let normalized = normal("15-no-responses");
    assert_eq!(warnings(&normalized), ["#/paths/~1a/get: an operation needs `responses`; a default response is added"]);
    let responses = normalized.document["paths"]["/a"]["get"]["responses"].as_object().unwrap().clone();
    assert_eq!(responses.keys().collect::<Vec<_>>(), ["default"]);
    assert!(responses["default"].get("content").is_none());
}

#[test]
fn a_deep_object_parameter_keeps_its_style() {
    let document = lossless("16-deep-object");
    let parameter = &document["paths"]["/a"]["get"]["parameters"][0];
    assert_eq!((&parameter["style"], &parameter["explode"]), (&json!("deepObject"), &json!(true)));
    assert_eq!(parameter["schema"], reference("ReadThingFilter"));
}

#[test]
fn a_parameter_with_content_keeps_its_schema() {
    let document = lossless("18-parameter-content");
    let parameter = &document["paths"]["/a"]["get"]["parameters"][0];
    assert_eq!(parameter["content"]["application/json"]["schema"], reference("ReadThingFilter"));
}

#[test]
fn a_cookie_parameter_is_kept() {
    let document = lossless("19-cookie");
    let parameter = &document["paths"]["/a"]["get"]["parameters"][0];
    assert_eq!(*parameter, json!({ "in": "cookie", "name": "session", "schema": { "type": "string" } }));
}

#[test]
fn titles_become_type_names() {
    let document = lossless("21-titles-ignored");
    assert_eq!(names(&document), ["Circle", "ReadThingResponse", "Square", "Triangle"]);
    let members = [reference("Circle"), reference("Square"), reference("Triangle")];
    assert_eq!(schema(&document, "ReadThingResponse"), json!({ "oneOf": members }));
}

#[test]
fn properties_beside_a_union_are_kept() {
    let document = lossless("22-generated-name-not-found");
    let schema = schema(&document, "C");
    assert_eq!(schema["properties"], json!({ "base": { "type": "string" } }));
    assert_eq!((&schema["required"], schema["oneOf"].as_array().unwrap().len()), (&json!(["base"]), 2));
}

#[test]
fn a_union_member_keeps_its_tag() {
    let document = lossless("23-union-member-as-body");
    let created = schema(&document, "Created");
    assert_eq!(created["required"], json!(["type", "id"]));
    assert_eq!(created["properties"]["type"], json!({ "enum": ["created"], "type": "string" }));
    let mapping = json!({ "created": "#/components/schemas/Created", "gone": "#/components/schemas/Gone" });
    assert_eq!(schema(&document, "Event")["discriminator"], json!({ "mapping": mapping, "propertyName": "type" }));
}

#[test]
fn a_union_of_required_lists_is_kept() {
    let document = lossless("25-anyof-of-required");
    let expected = json!({
        "anyOf": [{ "required": ["a"] }, { "required": ["b"] }],
        "properties": { "a": { "type": "string" }, "b": { "type": "string" } },
        "type": "object",
    });
    assert_eq!(schema(&document, "C"), expected);
}

#[test]
fn nullable_moves_from_a_component_to_its_uses() {
    let document = lossless("27-nullable-union-component");
    let property = &schema(&document, "ReadThingResponse")["properties"]["c"];
    assert_eq!(*property, json!({ "allOf": [reference("Value")], "nullable": true }));
    assert!(schema(&document, "Value").get("nullable").is_none());
}

#[test]
fn implicit_discriminator_values_keep_their_spelling() {
    let document = lossless("28-implicit-discriminator");
    let mapping = json!({ "cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog" });
    assert_eq!(schema(&document, "Pet")["discriminator"], json!({ "mapping": mapping, "propertyName": "kind" }));
    assert_eq!(schema(&document, "Pet")["oneOf"], json!([reference("Cat"), reference("Dog")]));
}

#[test]
fn components_of_the_same_shape_stay_separate() {
    let document = lossless("30-discriminated-same-shape");
    assert_eq!(names(&document), ["Cat", "Dog", "Pet"]);
    assert_eq!(schema(&document, "Pet")["oneOf"], json!([reference("Cat"), reference("Dog")]));
    let mapping = json!({ "Cat": "#/components/schemas/Cat", "Dog": "#/components/schemas/Dog" });
    assert_eq!(schema(&document, "Pet")["discriminator"]["mapping"], mapping);
}

#[test]
fn a_tuple_of_one_type_becomes_a_list() {
    let document = lossless("32-tuple-becomes-any");
    let point = &schema(&document, "ReadThingResponse")["properties"]["p"];
    assert_eq!(*point, json!({ "items": { "type": "number" }, "maxItems": 2, "minItems": 2, "type": "array" }));
}

#[test]
fn links_point_to_the_renamed_operation() {
    let document = lossless("33-link-operation-id");
    let target = &document["paths"]["/a/x"]["get"]["operationId"];
    assert_eq!(*target, "get_thing");
    assert_eq!(document["paths"]["/a"]["post"]["responses"]["201"]["links"]["self"]["operationId"], *target);
}

#[test]
fn parameters_of_the_same_name_in_path_and_query_are_both_kept() {
    let document = lossless("34-same-parameter-name");
    let parameters = document["paths"]["/a/{id}"]["get"]["parameters"].as_array().unwrap();
    let places: Vec<&Value> = parameters.iter().map(|parameter| &parameter["in"]).collect();
    assert_eq!(places, ["path", "query"]);
}

#[test]
fn a_referenced_multipart_body_is_kept() {
    let document = lossless("35-multipart-body-ref");
    assert_eq!(document["paths"]["/a"]["post"]["requestBody"], json!({ "$ref": "#/components/requestBodies/B" }));
    let content = &document["components"]["requestBodies"]["B"]["content"]["multipart/form-data"];
    let name = content["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(schema(&document, &name)["properties"]["f"], json!({ "format": "binary", "type": "string" }));
}

#[test]
fn a_nullable_component_with_its_name_as_title_is_kept() {
    let document = lossless("37-nullable-titled-component");
    assert_eq!(names(&document), ["ReadThingResponse", "Thing"]);
    let property = &schema(&document, "ReadThingResponse")["properties"]["t"];
    assert_eq!(*property, json!({ "allOf": [reference("Thing")], "nullable": true }));
    assert!(schema(&document, "Thing").get("nullable").is_none());
}

#[test]
fn mutual_tls_is_warned_about() {
    let normalized = normal("38-mutual-tls");
    let text = warnings(&normalized).join("\n");
    assert!(text.starts_with("#/components/securitySchemes/mtls: OpenAPI 3.0 has no `mutualTLS`"), "{text}");
    assert_eq!(normalized.document["security"], json!([]));
}

#[test]
fn explode_false_is_kept() {
    let document = lossless("40-explode-false-ignored");
    let parameter = &document["paths"]["/a"]["get"]["parameters"][0];
    assert_eq!((&parameter["style"], &parameter["explode"]), (&json!("form"), &json!(false)));
}

#[test]
fn a_header_with_a_list_is_kept() {
    let document = lossless("41-array-header");
    let schema = &document["paths"]["/a"]["get"]["parameters"][0]["schema"];
    assert_eq!(*schema, json!({ "items": { "type": "string" }, "type": "array" }));
}

#[test]
fn a_union_in_a_path_becomes_a_named_type() {
    let document = lossless("43-union-path");
    assert_eq!(document["paths"]["/a/{q}"]["get"]["parameters"][0]["schema"], reference("ReadThingQ"));
    assert_eq!(schema(&document, "ReadThingQ")["anyOf"].as_array().unwrap().len(), 2);
}

#[test]
fn properties_that_differ_only_in_case_are_kept() {
    let document = lossless("44-property-clash");
    let properties = schema(&document, "ReadThingResponse")["properties"].as_object().unwrap().clone();
    assert_eq!(properties.keys().collect::<Vec<_>>(), ["userId", "user_id"]);
}

#[test]
fn a_negated_constant_becomes_a_negated_enum() {
    let document = lossless("46-not-const");
    let property = &schema(&document, "ReadThingResponse")["properties"]["n"];
    assert_eq!(*property, json!({ "not": { "enum": ["x"], "type": "string" }, "type": "string" }));
}

#[test]
fn a_parameter_named_body_is_kept() {
    let document = lossless("47-parameter-called-body");
    let operation = &document["paths"]["/a"]["post"];
    assert_eq!(operation["parameters"][0]["name"], "body");
    assert!(operation["requestBody"].is_object());
}

#[test]
fn null_in_a_union_is_dropped_if_the_type_beside_it_excludes_null() {
    let normalized = normal("49-nullable-object-with-siblings");
    let expected = "#/components/schemas/C: the union allows null, but the type beside it does not; null is left out";
    assert_eq!(warnings(&normalized), [expected]);
    let schema = schema(&normalized.document, "C");
    assert_eq!(schema["properties"], json!({ "a": { "type": "string" }, "b": { "type": "integer" } }));
    assert_eq!(schema["required"], json!(["b"]));
}

#[test]
fn the_required_list_of_a_single_member_union_is_merged() {
    let document = lossless("50-single-anyof-required");
    assert_eq!(schema(&document, "C")["required"], json!(["a", "b"]));
}

#[test]
fn a_parameter_named_key_that_is_not_an_api_key_is_kept() {
    let document = lossless("52-key-parameter-dropped");
    let parameter = &document["paths"]["/a"]["get"]["parameters"][0];
    assert_eq!((&parameter["name"], &parameter["required"]), (&json!("key"), &json!(true)));
}

#[test]
fn pattern_properties_of_a_closed_object_become_additional_properties() {
    let normalized = normal("54-pattern-properties-closed");
    let place = "#/paths/~1a/get/responses/200/content/application~1json/schema";
    assert_eq!(warnings(&normalized), [format!("{place}: `patternProperties` has no counterpart in OpenAPI 3.0")]);
    let expected = json!({ "additionalProperties": { "type": "string" }, "type": "object" });
    assert_eq!(body(&normalized.document, "200"), expected);
}

#[test]
fn the_summary_of_the_api_is_kept_as_an_extension() {
    let normalized = normal("56-info-summary");
    assert_eq!(normalized.document["info"]["x-summary"], "short");
    let expected = "#/info/summary: OpenAPI 3.0 has no summary of the API; it is kept as `x-summary`";
    assert_eq!(warnings(&normalized), [expected]);
}

#[test]
fn non_ascii_property_names_are_kept() {
    let document = lossless("58-unicode-property");
    assert_eq!(schema(&document, "ReadThingResponse")["properties"]["größe"], reference("ReadThingGrosse"));
}

#[test]
fn the_order_of_components_does_not_matter() {
    assert_eq!(lossless("59-order-one").to_string(), lossless("60-order-two").to_string());
}

#[test]
fn yaml_documents_are_read() {
    let expected = json!({ "openapi": "3.0.3", "info": { "title": "T", "version": "1" }, "paths": {} });
    assert_eq!(lossless("61-yaml-refused"), expected);
}

#[test]
fn unions_that_contain_each_other_are_kept() {
    let document = lossless("62-unions-of-each-other");
    assert_eq!(
        schema(&document, "Two"),
        json!({ "oneOf": [reference("One"), { "title": "Boolean", "type": "boolean" }] })
    );
    // Both may be null, so their uses are nullable.
    let properties = &schema(&document, "ReadThingResponse")["properties"];
    for name in ["one", "two"] {
        assert_eq!(properties[name]["nullable"], true, "{name}");
    }
}

#[test]
fn a_union_of_constants_becomes_an_enum() {
    let document = lossless("63-values-one-by-one");
    let words = json!({ "a": "A.", "b": "B." });
    assert_eq!(schema(&document, "Mode"), json!({ "enum": ["a", "b"], "type": "string", "x-enumDescriptions": words }));
    let speed = schema(&document, "Speed");
    assert_eq!(speed["oneOf"].as_array().unwrap().len(), 2);
    let listed = speed["oneOf"].as_array().unwrap().iter().find_map(|member| {
        let name = member["$ref"].as_str()?.rsplit('/').next()?;
        let schema = schema(&document, name);
        schema.get("enum").is_some().then_some(schema)
    });
    let listed = listed.unwrap();
    assert_eq!(listed["enum"], json!(["fast", "slow"]));
    assert_eq!(listed["x-enumDescriptions"], json!({ "fast": "At once.", "slow": "Slow" }));
}

#[test]
fn an_inline_definition_keeps_its_name() {
    assert_eq!(names(&lossless("64-definitions-in-place")), ["Config", "Mode"]);
}

#[test]
fn invalid_defaults_are_removed_with_a_warning() {
    let normalized = normal("65-default-inside");
    let place = "#/components/schemas/Window/properties";
    let expected = [
        format!("{place}/list: the schema does not allow the default `[1,\"2\"]`; it is left out"),
        format!("{place}/size: the schema does not allow the default `{{\"w\":\"wide\"}}`; it is left out"),
    ];
    assert_eq!(warnings(&normalized), expected);
    assert_eq!(schema(&normalized.document, "Window")["properties"]["good"]["default"], json!({ "w": 1 }));
}

#[test]
fn every_document_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/faults");
    let tests = include_str!("faults.rs");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(tests.contains(&format!("(\"{name}\")")), "{name}");
    }
}

#[test]
fn discriminator_values_are_found_in_nested_parts_of_a_member() {
    let document = lossless("66-tags-in-parts");
    let mapping = json!({
        "closed": "#/components/schemas/ClosedEvent",
        "ordered": "#/components/schemas/OrderedEvent",
        "refunded": "#/components/schemas/RefundedEvent",
    });
    assert_eq!(schema(&document, "Event")["discriminator"], json!({ "mapping": mapping, "propertyName": "type" }));
    // `Yes` allows only one value. `No` allows any value, so its name is the discriminator value.
    let mapping = json!({ "No": "#/components/schemas/No", "yes": "#/components/schemas/Yes" });
    assert_eq!(schema(&document, "Choice")["discriminator"], json!({ "mapping": mapping, "propertyName": "is" }));
}

#[test]
fn a_nullable_enum_lists_null() {
    let document = lossless("67-null-in-enumerations");
    let thing = schema(&document, "Thing")["properties"].clone();
    assert_eq!(thing["off"], json!({ "enum": [false, null], "nullable": true, "type": "boolean" }));
    assert_eq!(thing["one"], json!({ "enum": ["one", null], "nullable": true, "type": "string" }));
    assert_eq!(thing["some"], json!({ "enum": [1, 2, null], "nullable": true, "type": "integer" }));
    assert_eq!(thing["old"], json!({ "enum": ["a", null], "nullable": true, "type": "string" }));
    assert_eq!(thing["level"], json!({ "allOf": [reference("ThingLevel")], "nullable": true }));
    assert_eq!(schema(&document, "ThingLevel")["enum"], json!(["low", "high"]));
    assert_eq!(thing["never"], json!({ "enum": ["x"], "type": "string" }));
}

#[test]
fn a_union_that_contains_itself_is_kept() {
    let document = lossless("68-union-of-itself");
    let members = json!([
        reference("Term"),
        { "title": "Text", "type": "string" },
        { "title": "List", "type": "array", "items": reference("Term") },
    ]);
    assert_eq!(schema(&document, "Term"), json!({ "anyOf": members }));
}
