// What the browser noted of the page's load: paints, shifts, long tasks, elements. Evaluated in a world of its own,
// where the page can't have changed what it uses.
(async () => {
  const noted = (type) =>
    new Promise((resolve) => {
      if (!PerformanceObserver.supportedEntryTypes.includes(type)) {
        resolve(null);
        return;
      }
      const entries = [];
      const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
      observer.observe({ type, buffered: true });
      // What was noted before is handed out in a task that comes before this one.
      setTimeout(() => {
        entries.push(...observer.takeRecords());
        observer.disconnect();
        resolve(entries);
      }, 50);
    });
  const [paints, largest, shifts, tasks] = await Promise.all(
    ['paint', 'largest-contentful-paint', 'layout-shift', 'longtask'].map(noted),
  );
  const first = paints?.find(({ name }) => name === 'first-contentful-paint')?.startTime ?? null;

  // Windows of at most five seconds with at most one between two shifts; the worst one counts.
  let worst = 0;
  let sum = 0;
  let start = 0;
  let last = 0;
  for (const { startTime, value, hadRecentInput } of shifts ?? []) {
    if (hadRecentInput) {
      continue;
    }
    if (sum === 0 || startTime - last >= 1000 || startTime - start >= 5000) {
      sum = 0;
      start = startTime;
    }
    last = startTime;
    sum += value;
    worst = Math.max(worst, sum);
  }

  const blocked = (tasks ?? []).reduce((all, { startTime, duration }) => {
    const end = startTime + duration;
    return all + Math.max(0, end - Math.max(startTime + 50, first));
  }, 0);
  const [navigation] = performance.getEntriesByType('navigation');
  return {
    final_url: location.href,
    first_contentful_paint: first,
    largest_contentful_paint: largest?.at(-1)?.startTime ?? null,
    cumulative_layout_shift: shifts && first !== null ? worst : null,
    total_blocking_time: tasks && first !== null ? blocked : null,
    server_response_time: navigation ? navigation.responseStart - navigation.requestStart : null,
    dom_size: document.body ? document.body.getElementsByTagName('*').length + 1 : null,
    long_tasks: tasks?.map(({ duration }) => duration) ?? null,
    user_agent: navigator.userAgent,
  };
})();
