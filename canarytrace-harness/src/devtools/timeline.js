// Tells the performance timeline of a page's main frame to the binding `tell`, in batches. It runs in a world of its own:
// what the page does to its `performance`, `PerformanceObserver` or `JSON` does not reach it. It comes when the page was
// loaded, as a rule: what happened before, the browser kept.
((options) => {
  'use strict';
  const tell = globalThis[options.binding];
  // Frames have timelines of their own, which nobody asks for; error pages are nobody's.
  if (typeof tell !== 'function' || globalThis !== globalThis.parent || globalThis[options.flush]) return;
  // Nor are empty documents, whose `window` may be the next one's too.
  if (/^(?:about|chrome-error|chrome|devtools):/.test(location.href)) return;

  const id = `${performance.timeOrigin}-${Math.random().toString(36).slice(2)}`;
  const buffer = [];
  const counts = {};
  let missed = {};
  let part = 0;
  let moments = [];
  let navigation = false;
  let timer = 0;
  let idle = 0;
  let leavingUntil = 0;
  // Whether the URL changed without a load, of which the browser may tell with the next frame.
  let changedView = false;
  let painted = false;
  // When a frame was waited for last, and how many interactions there had been.
  let drawn = { at: -Infinity, interactions: 0 };

  // As it was in the beginning, and what became of it since.
  const [first, ...since] = performance.getEntriesByType('visibility-state');
  const visible = (first?.name ?? document.visibilityState) === 'visible';
  const prerendering = document.prerendering === true || performance.getEntriesByType('navigation')[0]?.activationStart > 0;
  moments = since.map(({ name, startTime }) => ({ what: name, at: startTime }));

  const rect = (r) => r && { x: r.x, y: r.y, width: r.width, height: r.height };
  const short = (text, most) => (text.length > most ? text.slice(0, most) : text);

  // As in the npm package web-vitals: up to the nearest id, classes in alphabetical order. No text of the page.
  const selector = (node) => {
    let path = '';
    while (node && node.nodeType !== Node.DOCUMENT_NODE) {
      if (node.nodeType !== Node.ELEMENT_NODE) {
        node = node.parentNode ?? node.host;
        continue;
      }
      const name = short(node.localName, 60);
      const own = node.id ? `#${CSS.escape(node.id)}` : [name, ...[...node.classList].sort().map((c) => CSS.escape(c))].join('.');
      if (path.length + own.length > 199) return path || short(own, 199);
      path = path ? `${own}>${path}` : own;
      if (node.id) break;
      node = node.parentNode ?? node.host;
    }
    return path || undefined;
  };

  // What has to be looked up while its element is there. `undefined` where there is nothing.
  const look = (entry) => {
    switch (entry.entryType) {
      case 'largest-contentful-paint':
      case 'element':
        return { targetSelector: selector(entry.element) };
      case 'event':
      case 'first-input':
        return entry.interactionId ? { targetSelector: selector(entry.target) } : undefined;
      case 'interaction-contentful-paint':
        return contents(entry.largestContentfulPaint);
      case 'soft-navigation':
        return { ...contents(entry.getLargestInteractionContentfulPaint?.()?.largestContentfulPaint), interactionCount: performance.interactionCount };
      case 'layout-shift':
        return {
          sources: (entry.sources ?? []).map((source) => ({
            node: selector(source.node),
            previousRect: rect(source.previousRect),
            currentRect: rect(source.currentRect),
          })),
        };
      default:
        return undefined;
    }
  };

  const contents = (paint) =>
    paint && {
      largestContentfulPaint: {
        renderTime: paint.renderTime,
        loadTime: paint.loadTime,
        size: paint.size,
        url: paint.url,
        targetSelector: selector(paint.element),
      },
    };

  const written = ([entry, looked]) => {
    const json = entry.toJSON();
    delete json.element;
    delete json.target;
    delete json.largestContentfulPaint;
    // It is not among what `toJSON` gives to a world that is not the page's.
    json.detail ??= entry.detail ?? undefined;
    if (json.detail != null) {
      try {
        const text = JSON.stringify(json.detail);
        if (text.length > options.mostDetail) {
          delete json.detail;
          json.detailLength = text.length;
        }
      } catch {
        // What is no JSON (a cycle, a BigInt) can't be written down.
        delete json.detail;
        json.detailLength = 0;
      }
    }
    if (json.intersectionRect) json.intersectionRect = rect(json.intersectionRect);
    return Object.assign(json, looked);
  };

  const batch = (because, most) => {
    const entries = [];
    for (const item of buffer.splice(0, most)) {
      try {
        entries.push(written(item));
      } catch {
        missed[item[0].entryType] = (missed[item[0].entryType] ?? 0) + 1;
      }
    }
    const message = {
      document: id,
      part: part++,
      because,
      now: performance.now(),
      timeOrigin: performance.timeOrigin,
      url: location.href,
      visible: part === 1 ? visible : document.visibilityState === 'visible',
      prerendering: part === 1 ? prerendering : document.prerendering === true,
      discarded: document.wasDiscarded === true,
      interactions: performance.interactionCount,
      moments,
      missed,
      entries,
    };
    if (!navigation) {
      // As far as it is: the event `load` may never be.
      message.navigation = performance.getEntriesByType('navigation')[0]?.toJSON();
    }
    moments = [];
    missed = {};
    tell(JSON.stringify(message));
  };

  const take = (list) => {
    for (const entry of list) {
      const type = entry.entryType;
      counts[type] = (counts[type] ?? 0) + 1;
      if (counts[type] > options.most) {
        missed[type] = (missed[type] ?? 0) + 1;
        continue;
      }
      if (type === 'navigation') {
        // It is there from the beginning, and once more when it is complete, after the event `load`.
        if (navigation || entry.loadEventEnd === 0) {
          counts[type] -= 1;
          continue;
        }
        navigation = true;
      }
      if (type === 'soft-navigation') changedView = false;
      if (entry.name === 'first-contentful-paint') painted = true;
      let looked;
      try {
        looked = look(entry);
      } catch {
        // The entry itself is there all the same.
      }
      buffer.push([entry, looked]);
    }
  };

  const flush = (because) => {
    clearTimeout(timer);
    cancelIdleCallback(idle);
    timer = idle = 0;
    take(observer.takeRecords());
    do batch(because, options.mostInBatch);
    while (buffer.length > 0);
  };

  const whenIdle = (deadline) => {
    idle = 0;
    // What takes longer than the page has time for waits for its next pause.
    do batch('idle', options.mostInBatch);
    while (buffer.length > 0 && deadline.timeRemaining() > 5);
    if (buffer.length > 0) schedule();
  };

  const schedule = () => {
    if (performance.now() < leavingUntil) {
      // The page may be gone any moment.
      flush('leaving');
    } else if (timer === 0 && idle === 0) {
      timer = setTimeout(() => {
        timer = 0;
        idle = requestIdleCallback(whenIdle, { timeout: options.patience });
      }, options.patience);
    }
  };

  let delivered;
  // What happened before comes with it, and how much of that the browser had no room for.
  const firstDelivery = new Promise((done) => (delivered = done));
  const observer = new PerformanceObserver((list, _, { droppedEntriesCount = 0 } = {}) => {
    if (droppedEntriesCount > 0) missed.unbuffered = (missed.unbuffered ?? 0) + droppedEntriesCount;
    take(list.getEntries());
    schedule();
    delivered();
  });
  for (const type of PerformanceObserver.supportedEntryTypes) {
    if (options.types && !options.types.includes(type)) continue;
    // 16 ms is the least that the browser takes; a kind that can't be observed is none that it has.
    try {
      observer.observe({ type, buffered: true, durationThreshold: 16 });
    } catch {}
  }

  const moment = (what, at) => {
    moments.push({ what, at });
    if (moments.length > 1000) moments.shift();
  };
  // On the window, which stays when its document goes.
  const listen = (type, handler) => globalThis.addEventListener(type, handler, { capture: true, passive: true });
  listen('visibilitychange', (event) => {
    moment(document.visibilityState, event.timeStamp);
    if (document.visibilityState === 'hidden') flush('hidden');
  });
  listen('prerenderingchange', (event) => {
    moment('activated', event.timeStamp);
    schedule();
  });
  // Handlers of `beforeunload` and `pagehide` would make the next page wait for this one. What leaves a page by itself is
  // told here, before the request for the next is made; what the monitor leaves is asked before.
  const leaving = () => {
    flush('leaving');
    leavingUntil = performance.now() + options.leaving;
  };
  globalThis.navigation?.addEventListener('currententrychange', (event) => {
    changedView ||= event.navigationType !== null && event.navigationType !== 'reload';
  });
  globalThis.navigation?.addEventListener('navigate', (event) => {
    if (!event.destination.sameDocument && event.downloadRequest === null) leaving();
  });
  // A window that was opened by a page may be closed by it.
  if (globalThis.opener || history.length === 1) listen('pagehide', leaving);
  listen('pageshow', (event) => {
    leavingUntil = 0;
    if (!event.persisted) return;
    moment('restored', event.timeStamp);
    flush('restored');
    // The browser has no entries of this paint.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        moment('painted', performance.now());
        schedule();
      }),
    );
  });

  const patience = () => new Promise((done) => setTimeout(done, options.frame));
  const nextFrame = () =>
    new Promise((done) => {
      setTimeout(done, options.frame);
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20)));
    });

  // Asked for at the end of a step, where 'now' is `wanted`; 'frame' waits for the next frame, of which the browser may have
  // something to tell; 'paint', at the end of all, for the first paint of a page that was just loaded too.
  globalThis[options.flush] = async (wanted) => {
    await Promise.race([firstDelivery, patience()]);
    const isDrawn = painted && drawn.interactions === performance.interactionCount && performance.now() - drawn.at < options.frame;
    const waits = wanted === 'frame' || (wanted === 'paint' && !isDrawn) || changedView;
    if (waits && document.visibilityState === 'visible') {
      changedView = false;
      const until = performance.now() + options.firstPaint;
      const interactions = performance.interactionCount;
      do {
        await nextFrame();
        take(observer.takeRecords());
      } while (wanted === 'paint' && !painted && performance.now() < until);
      drawn = { at: performance.now(), interactions };
    }
    flush('asked');
    return part;
  };
  // A document is known from now on, whatever becomes of it.
  if (options.isLeft) leaving();
  else batch('began', 0);
})
