import type { Registry } from 'prom-client';
import eventLoopLag from 'prom-client/lib/metrics/eventLoopLag.js';
import heapSizeAndUsed from 'prom-client/lib/metrics/heapSizeAndUsed.js';
import heapSpacesSizeAndUsed from 'prom-client/lib/metrics/heapSpacesSizeAndUsed.js';
import osMemoryHeap from 'prom-client/lib/metrics/osMemoryHeap.js';
import processCpuTotal from 'prom-client/lib/metrics/processCpuTotal.js';
import processHandles from 'prom-client/lib/metrics/processHandles.js';
import processMaxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors.js';
import processOpenFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors.js';
import processRequests from 'prom-client/lib/metrics/processRequests.js';
import processResources from 'prom-client/lib/metrics/processResources.js';
import processStartTime from 'prom-client/lib/metrics/processStartTime.js';
import version from 'prom-client/lib/metrics/version.js';

/**
 * What the library calls its default metrics, but for `gc`: its observer takes 0.1 ms for each collection of
 * garbage, and counts only the first of those that it is told of together.
 */
export function watchProcess(registry: Registry): void {
  for (const watch of [
    eventLoopLag,
    heapSizeAndUsed,
    heapSpacesSizeAndUsed,
    osMemoryHeap,
    processCpuTotal,
    processHandles,
    processMaxFileDescriptors,
    processOpenFileDescriptors,
    processRequests,
    processResources,
    processStartTime,
    version,
  ])
    watch(registry);
}
