// SPDX-License-Identifier: Apache-2.0
// Why a document does not match a validator, in the form of MongoDB's errInfo.details:
//   details  := { operatorName, specifiedAs, reason, consideredValue | consideredValues, … }
//             | { operatorName: $and | $or | $nor, clausesNotSatisfied: [{index, details}] }
//             | { operatorName: $jsonSchema, schemaRulesNotSatisfied: [rule] }
// Pure functions; any thread. They parse parts of the validator anew, so they are slow.
#pragma once

#include "cairn/bson.h"

namespace cairn {

/// `validator` is a filter that parses and that `document` does not match.
bson::Document DescribeValidationError(bson::View validator, bson::View document);

/// The rules of a $jsonSchema that `value` (not missing) breaks, as a BSON array.
bson::Document DescribeSchemaErrors(bson::View schema, bson::Value value);

}  // namespace cairn
