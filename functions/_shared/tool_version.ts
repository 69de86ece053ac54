/** Version of this tool, stamped into manifests and reports. A guard test keeps it equal to package.json. */
export const TOOL_VERSION = "0.1.0";
