// SPDX-License-Identifier: Apache-2.0
// Documents inside the parameters of create and collMod. Any thread.
#pragma once

#include <optional>
#include <string_view>

#include "server/command/parameters.h"

namespace cairn::server {

/// The parameter changeStreamPreAndPostImages, {enabled: bool}; nothing when it is absent.
Result<std::optional<bool>> ParsePreAndPostImages(std::string_view command,
                                                  const Arguments& arguments);
/// Whether the options of a time series collection make sense.
Status CheckTimeseriesOptions(bson::View timeseries);
/// Whether `fields` describe encrypted fields, if they are there.
Status CheckEncryptedFields(bson::View fields, bool given);

}  // namespace cairn::server
