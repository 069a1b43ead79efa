# SPDX-License-Identifier: Apache-2.0
# What leaves the build: the shared library libcairn.so, made of the objects of all engine and query
# rooms, its public headers, its CMake package and pkg-config file, and the program.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

get_property(rooms GLOBAL PROPERTY CAIRN_LIBRARY_ROOMS)
list(TRANSFORM rooms REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_library(cairn_shared SHARED ${objects})
add_library(cairn::cairn ALIAS cairn_shared)
# The rooms bring the libraries they need; their own members are all there as objects already.
target_link_libraries(cairn_shared PRIVATE ${rooms})
target_link_options(cairn_shared PRIVATE LINKER:--no-undefined)
target_compile_features(cairn_shared INTERFACE cxx_std_20)
target_include_directories(cairn_shared INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/engine/include>
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/query/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# Before 1.0 each minor version may change the binary interface.
set_target_properties(cairn_shared PROPERTIES
  OUTPUT_NAME cairn
  EXPORT_NAME cairn
  LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

install(TARGETS cairn_shared EXPORT cairnTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY engine/include/ query/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
# The program stands at the top of the build directory.
if(TARGET cairn_program)
  set_target_properties(cairn_program PROPERTIES
    OUTPUT_NAME cairn
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  install(TARGETS cairn_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cairn)
configure_package_config_file(cmake/cairnConfig.cmake.in cairnConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(cairnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cairnConfig.cmake ${PROJECT_BINARY_DIR}/cairnConfigVersion.cmake
        DESTINATION ${package_dir})
install(EXPORT cairnTargets NAMESPACE cairn:: DESTINATION ${package_dir})

# The prefix as seen from the file, so that an installed tree can be moved.
file(RELATIVE_PATH CAIRN_PREFIX_FROM_PC
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/cairn.pc.in cairn.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cairn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
