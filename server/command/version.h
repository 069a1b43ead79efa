// SPDX-License-Identifier: Apache-2.0
// Which Cairn this is, and which MongoDB it answers like. Constants.
#pragma once

#include <cstdint>
#include <string_view>

namespace cairn::server {

/// Cairn's own version, "major.minor.patch".
std::string_view CairnVersion();

/// The MongoDB whose answers the commands give, as drivers and tools ask for it.
inline constexpr std::string_view kMongoVersion = "8.2.0";
inline constexpr int32_t kMongoVersionParts[] = {8, 2, 0, 0};
inline constexpr int32_t kWireVersionMin = 0;
inline constexpr int32_t kWireVersionMax = 27;
/// What setFeatureCompatibilityVersion takes, the newest last.
inline constexpr std::string_view kCompatibleVersions[] = {"8.0", "8.2"};

}  // namespace cairn::server
