# The library, static and shared, and what is installed. Only what smime.h marks with SMIME_API is
# visible; the version script repeats that for symbols of static parts.
add_library(smime_static STATIC ${objects})
add_library(smime_shared SHARED ${objects})
foreach(target smime_static smime_shared)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME smime LINKER_LANGUAGE C)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE ${SMIME_LIBS})
endforeach()
set_target_properties(smime_shared PROPERTIES
  VERSION ${PROJECT_VERSION} SOVERSION 0 EXPORT_NAME smime
  LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cmake/libsmime.map)
include(CheckLinkerFlag)
check_linker_flag(C "LINKER:--version-script=${CMAKE_CURRENT_SOURCE_DIR}/cmake/libsmime.map"
                  SMIME_HAVE_VERSION_SCRIPT)
if(SMIME_HAVE_VERSION_SCRIPT)
  target_link_options(smime_shared PRIVATE
    "LINKER:--version-script=${CMAKE_CURRENT_SOURCE_DIR}/cmake/libsmime.map")
endif()

install(TARGETS smime_shared EXPORT libsmimeTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
# Its own export set: who links it needs libcrypto, too.
install(TARGETS smime_static EXPORT libsmimeStaticTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/smime.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libsmime)
include(CMakePackageConfigHelpers)
configure_package_config_file(cmake/libsmimeConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/libsmimeConfig.cmake INSTALL_DESTINATION ${cmake_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/libsmimeConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libsmimeConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/libsmimeConfigVersion.cmake DESTINATION ${cmake_dir})
install(EXPORT libsmimeTargets NAMESPACE libsmime:: DESTINATION ${cmake_dir})
install(EXPORT libsmimeStaticTargets NAMESPACE libsmime:: DESTINATION ${cmake_dir})

set(pc_requires libcrypto)
if(SMIME_ZLIB)
  string(APPEND pc_requires ", zlib")
endif()
if(SMIME_IDN)
  string(APPEND pc_requires ", libidn2")
endif()
configure_file(cmake/libsmime.pc.in ${CMAKE_CURRENT_BINARY_DIR}/libsmime.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libsmime.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

foreach(section 1 3 5 7)
  file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
  if(pages)
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endif()
endforeach()
